# Treść strony, do której prowadzą linki, po polsku. Ma wspólne słowa z wiadomościami. Zmienne opisano w pliku ../en.ftl.

page-language = Polski
page-languages = Język
page-footer = W razie pytań prosimy o kontakt z naszym działem obsługi klienta.

## Kod

page-code-title = Odpowiedź na wniosek o zmianę
page-code-opening = Prosimy wpisać kod weryfikacyjny z naszej wiadomości. Wniosek zostanie wyświetlony i będzie można go zaakceptować lub odrzucić.
page-code-hint = Składa się z 32 liter i cyfr. Wielkość liter, odstępy i łączniki nie mają znaczenia.
page-look = Pokaż wniosek
page-wrong = To nie jest właściwy kod dla tego wniosku. Prosimy go sprawdzić lub ponownie otworzyć link z naszej wiadomości.

## Pytanie

page-confirm-opening = { $part ->
    [requester] Otrzymaliśmy Państwa wniosek o zastąpienie użytkownika { $incumbent } przez użytkownika { $nominee } w roli { roles.genitive } usługi { $service }.
    [requester-leaving] Otrzymaliśmy Państwa wniosek o przekazanie roli { roles.genitive } usługi { $service } użytkownikowi { $nominee }.
    [nominee] { $requester } prosi Państwa o przejęcie roli { roles.genitive } usługi { $service } od użytkownika { $incumbent }.
    [nominee-after-requester] { $requester } chce przekazać Państwu rolę { roles.genitive } usługi { $service }.
   *[sole] Otrzymaliśmy Państwa wniosek o przejęcie roli { roles.genitive } usługi { $service } od użytkownika { $incumbent }.
}
page-powers-title = { $part ->
    [requester] Co będzie mógł robić użytkownik { $nominee }
    [requester-leaving] Co będzie mógł robić użytkownik { $nominee }
   *[other] Co będą Państwo mogli robić
}
page-power-administrator = Zarządzać całą usługą i zmieniać każdy z jej kontaktów
page-power-technical = Zajmować się stroną techniczną usługi i przekazać tę rolę komuś innemu
page-power-billing = Otrzymywać i opłacać faktury za usługę i przekazać tę rolę komuś innemu
page-parties = Kto musi zaakceptować
page-party = { $decision ->
    [accepted] zaakceptowano
    [refused] odrzucono
   *[pending] jeszcze bez odpowiedzi
}
page-answer = Państwa odpowiedź
page-accept = Akceptuję
page-refuse = Odrzucam
page-refuse-note = Odrzucenie od razu zamyka wniosek i nic się nie zmienia.
page-reason = Powód (nieobowiązkowo)
page-reason-hint = Najwyżej 500 znaków, bez adresów stron. Przeczytają go uczestnicy wniosku.
page-reason-wrong = Wniosek nie został jeszcze odrzucony: powód może mieć najwyżej 500 znaków i nie może zawierać adresów stron, takich jak example.com.

## Po odpowiedzi

page-waiting-title = Zaakceptowali Państwo wniosek
page-waiting-opening = Zmiana zacznie obowiązywać, gdy tylko wniosek zaakceptuje także { $other }. Do tego czasu nic się nie zmieni. Wniosek wygaśnie { expiry.when }.
page-refused-title = Odrzucili Państwo wniosek
page-refused-opening = Wniosek został zamknięty i nic się nie zmieniło.
page-cancelled-opening = Anulowali go Państwo. Nic się nie zmieniło.
page-ended = Wniosek został zamknięty. Jego kody weryfikacyjne nie są już ważne.

## Zastąpiony kod

page-superseded-title = Ten kod nie jest już ważny
page-superseded-opening = Od tego czasu wysłaliśmy nowszy kod lub zmieniono adres e-mail Państwa konta. Prosimy użyć kodu z naszej najnowszej wiadomości.
page-superseded-offer = Jeśli nie można go znaleźć, wyślemy nowy kod na obecny adres e-mail Państwa konta.
page-resend = Wyślij mi nowy kod
page-resent-title = Nowy kod jest w drodze
page-resent-opening = Wysyłamy go na adres e-mail Państwa konta. Prosimy otworzyć link z tej wiadomości lub wpisać tutaj nowy kod.
page-resend-limited-title = Przed chwilą wysłaliśmy kod
page-resend-limited-opening = Prosimy poszukać go wśród wiadomości. Kolejny będzie można wysłać za { page-wait }.
page-resend-over-title = Nie można wysłać kolejnych kodów
page-resend-over-opening = Kod z naszej najnowszej wiadomości pozostaje ważny. Jeśli nie można go znaleźć, prosimy o kontakt z naszym działem obsługi klienta.

## Co stoi na przeszkodzie

page-overdue-title = Jest zaległa faktura
page-overdue-opening = { $whose ->
    [own] Zmiana nie może jeszcze zacząć obowiązywać: Państwa konto { $debtor } ma zaległą fakturę.
   *[other] Zmiana nie może jeszcze zacząć obowiązywać: { $debtor } ma zaległą fakturę.
}
page-overdue-note = Wniosek nie został jeszcze zaakceptowany. Po opłaceniu faktury prosimy spróbować ponownie: kod pozostaje ważny. Wniosek wygaśnie { expiry.when }.
page-again = Spróbuj ponownie
page-limited-title = Zbyt wiele prób
page-limited-opening = Prosimy spróbować ponownie za { page-wait }. Kod pozostaje ważny.
# Stoi po «za».
page-wait = { $unit ->
    [seconds] { $count ->
        [1] sekundę
        [few] { $count } sekundy
       *[other] { $count } sekund
    }
    [minutes] { $count ->
        [1] minutę
        [few] { $count } minuty
       *[other] { $count } minut
    }
   *[hours] { $count ->
        [1] godzinę
        [few] { $count } godziny
       *[other] { $count } godzin
    }
}
page-unavailable-title = W tej chwili to nie działa
page-unavailable-opening = Prosimy spróbować ponownie za chwilę. Kod pozostaje ważny, a odpowiedź liczy się tylko raz, bez względu na liczbę prób.
page-fault-title = Coś poszło nie tak po naszej stronie
page-fault-opening = Błąd został odnotowany. Prosimy spróbować ponownie później lub skontaktować się z naszym działem obsługi klienta.
page-foreign-title = Prosimy zacząć od naszej wiadomości
page-foreign-opening = Ta odpowiedź nie pochodzi z naszej strony i nic nie zostało zrobione. Prosimy otworzyć link z naszej wiadomości. Jeśli prowadziła tu inna strona, prosimy o kontakt z naszym działem obsługi klienta.
page-nothing-title = Tu nic nie ma
page-nothing-opening = Aby odpowiedzieć na wniosek, prosimy otworzyć cały link z naszej wiadomości.
