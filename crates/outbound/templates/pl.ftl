# Treść wiadomości wysyłanych przez Relevo, po polsku. Do czytelnika zwracamy się bezosobowo lub w formie «Państwo». Zmienne opisano w pliku en.ftl.

## Słowa, z których składają się inne wiadomości

roles = { $roles ->
    [administrator] kontakt administracyjny
    [technical] kontakt techniczny
    [billing] kontakt księgowy
    [administrator-technical] kontakt administracyjny i techniczny
    [administrator-billing] kontakt administracyjny i księgowy
    [technical-billing] kontakt techniczny i księgowy
   *[administrator-technical-billing] kontakt administracyjny, techniczny i księgowy
}
    .genitive = { $roles ->
        [administrator] kontaktu administracyjnego
        [technical] kontaktu technicznego
        [billing] kontaktu księgowego
        [administrator-technical] kontaktu administracyjnego i technicznego
        [administrator-billing] kontaktu administracyjnego i księgowego
        [technical-billing] kontaktu technicznego i księgowego
       *[administrator-technical-billing] kontaktu administracyjnego, technicznego i księgowego
    }

# Atrybut «when» odpowiada na pytanie «kiedy?»: «w poniedziałek, 5 stycznia».
expiry = { $weekday ->
    [1] poniedziałek
    [2] wtorek
    [3] środa
    [4] czwartek
    [5] piątek
    [6] sobota
   *[7] niedziela
}, { $day } { $month ->
    [1] stycznia
    [2] lutego
    [3] marca
    [4] kwietnia
    [5] maja
    [6] czerwca
    [7] lipca
    [8] sierpnia
    [9] września
    [10] października
    [11] listopada
   *[12] grudnia
} { $year } r., godz. { $time } UTC
    .when = { $weekday ->
        [1] w poniedziałek
        [2] we wtorek
        [3] w środę
        [4] w czwartek
        [5] w piątek
        [6] w sobotę
       *[7] w niedzielę
    }, { $day } { $month ->
        [1] stycznia
        [2] lutego
        [3] marca
        [4] kwietnia
        [5] maja
        [6] czerwca
        [7] lipca
        [8] sierpnia
        [9] września
        [10] października
        [11] listopada
       *[12] grudnia
    } { $year } r., o godz. { $time } UTC

# Mianownik i biernik brzmią tu tak samo.
request = { $part ->
    [requester] Państwa wniosek o zastąpienie użytkownika { $incumbent } przez użytkownika { $nominee } w roli { roles.genitive } usługi { $service }
    [requester-leaving] Państwa wniosek o przekazanie roli { roles.genitive } usługi { $service } użytkownikowi { $nominee }
    [nominee] wniosek użytkownika { $requester } o powierzenie Państwu roli { roles.genitive } usługi { $service } w miejsce użytkownika { $incumbent }
    [nominee-after-requester] wniosek użytkownika { $requester } o przekazanie Państwu roli { roles.genitive } usługi { $service }
   *[sole] Państwa wniosek o przejęcie roli { roles.genitive } usługi { $service } od użytkownika { $incumbent }
}
    .genitive = { $part ->
        [requester] Państwa wniosku o zastąpienie użytkownika { $incumbent } przez użytkownika { $nominee } w roli { roles.genitive } usługi { $service }
        [requester-leaving] Państwa wniosku o przekazanie roli { roles.genitive } usługi { $service } użytkownikowi { $nominee }
        [nominee] wniosku użytkownika { $requester } o powierzenie Państwu roli { roles.genitive } usługi { $service } w miejsce użytkownika { $incumbent }
        [nominee-after-requester] wniosku użytkownika { $requester } o przekazanie Państwu roli { roles.genitive } usługi { $service }
       *[sole] Państwa wniosku o przejęcie roli { roles.genitive } usługi { $service } od użytkownika { $incumbent }
    }

# Czyta to proponowany kontakt, gdy sprawę kończy sam wnioskodawca. Mianownik i biernik brzmią tu tak samo.
offer = { $part ->
    [nominee] wniosek o powierzenie Państwu roli { roles.genitive } usługi { $service } w miejsce użytkownika { $incumbent }
   *[nominee-after-requester] wniosek o przekazanie Państwu roli { roles.genitive } usługi { $service }
}

## Części wspólne kilku wiadomości

greeting = Dzień dobry, { $name }.
details = Szczegóły wniosku
colon = :
label-service = Usługa
service-named = { $service-name }, { $service } ({ $service-kind })
service-plain = { $service } ({ $service-kind })
label-roles = { $role-count ->
    [one] Rola
   *[other] Role
}
label-requester = Wnioskodawca
label-incumbent = { $stage ->
    [asked] Obecny kontakt
    [done] Poprzedni kontakt
   *[ended] Kontakt do zastąpienia
}
label-nominee = { $stage ->
    [ended] Proponowany kontakt
   *[other] Nowy kontakt
}
label-expiry = Termin odpowiedzi
label-change = Numer wniosku
you = { $person }, Państwa konto
nothing-to-do = Nie trzeba nic robić.
footer = Ta wiadomość została wysłana automatycznie do użytkownika { $recipient }. W razie pytań prosimy o kontakt z naszym działem obsługi klienta.

## Potwierdzenie i przypomnienie: prośba o decyzję

confirm-subject = { $part ->
    [requester] Prosimy potwierdzić: nowy { roles } usługi { $service }
    [requester-leaving] Prosimy potwierdzić: nowy { roles } usługi { $service }
    [nominee] Proponowana Państwu rola: { roles } usługi { $service }
    [nominee-after-requester] Proponowana Państwu rola: { roles } usługi { $service }
   *[sole] Prosimy potwierdzić nową rolę: { roles } usługi { $service }
}
confirm-title = { $part ->
    [requester] Prosimy o potwierdzenie wniosku
    [requester-leaving] Prosimy o potwierdzenie wniosku
    [nominee] Czy przejmą Państwo rolę { roles.genitive }?
    [nominee-after-requester] Czy przejmą Państwo rolę { roles.genitive }?
   *[sole] Prosimy o potwierdzenie wniosku
}
confirm-opening = { $part ->
    [requester] Otrzymaliśmy Państwa wniosek o zastąpienie użytkownika { $incumbent } przez użytkownika { $nominee } w roli { roles.genitive } usługi { $service }. Prosimy zaakceptować lub odrzucić wniosek za pomocą poniższego kodu weryfikacyjnego.
    [requester-leaving] Otrzymaliśmy Państwa wniosek o przekazanie roli { roles.genitive } usługi { $service } użytkownikowi { $nominee }. Prosimy zaakceptować lub odrzucić wniosek za pomocą poniższego kodu weryfikacyjnego.
    [nominee] { $requester } prosi Państwa o przejęcie roli { roles.genitive } usługi { $service } od użytkownika { $incumbent }. Prosimy zaakceptować lub odrzucić wniosek za pomocą poniższego kodu weryfikacyjnego.
    [nominee-after-requester] { $requester } chce przekazać Państwu rolę { roles.genitive } usługi { $service }. Prosimy zaakceptować lub odrzucić wniosek za pomocą poniższego kodu weryfikacyjnego.
   *[sole] Otrzymaliśmy Państwa wniosek o przejęcie roli { roles.genitive } usługi { $service } od użytkownika { $incumbent }. Prosimy zaakceptować lub odrzucić wniosek za pomocą poniższego kodu weryfikacyjnego.
}
confirm-effect = { $part ->
    [requester] Zmiana zacznie obowiązywać, gdy tylko wniosek zaakceptują obie strony: Państwo i { $nominee }.
    [requester-leaving] Zmiana zacznie obowiązywać, gdy tylko wniosek zaakceptują obie strony: Państwo i { $nominee }.
    [nominee] Zmiana zacznie obowiązywać, gdy tylko wniosek zaakceptują obie strony: Państwo i { $requester }.
    [nominee-after-requester] Zmiana zacznie obowiązywać, gdy tylko wniosek zaakceptują obie strony: Państwo i { $requester }.
   *[sole] Nikt inny nie musi potwierdzać wniosku: zmiana zacznie obowiązywać, gdy tylko go Państwo zaakceptują.
}
confirm-terms = Akceptacja wniosku oznacza także akceptację warunków korzystania z tej usługi.
confirm-refuse = { $part ->
    [requester] Jeśli wniosek nie pochodzi od Państwa lub jest już nieaktualny, prosimy go odrzucić na tej samej stronie, używając tego samego kodu.
    [requester-leaving] Jeśli wniosek nie pochodzi od Państwa lub jest już nieaktualny, prosimy go odrzucić na tej samej stronie, używając tego samego kodu.
    [nominee] Jeśli nie zgadzają się Państwo na tę zmianę, wniosek można odrzucić na tej samej stronie, używając tego samego kodu.
    [nominee-after-requester] Jeśli nie zgadzają się Państwo na tę zmianę, wniosek można odrzucić na tej samej stronie, używając tego samego kodu.
   *[sole] Jeśli wniosek nie pochodzi od Państwa lub jest już nieaktualny, prosimy go odrzucić na tej samej stronie, używając tego samego kodu.
}
confirm-ignore = W razie braku odpowiedzi nic się nie zmieni. Wniosek wygaśnie { expiry.when }.

code-label = Państwa kod weryfikacyjny
code-note = Kod jest poufny i działa tylko raz. Prosimy nikomu go nie podawać: my nigdy o niego nie poprosimy.
link-label = Odpowiedź na wniosek
link-note = Po otwarciu tego linku kod uzupełni się automatycznie:

reminder-subject = Czekamy na odpowiedź: { roles } usługi { $service }
reminder-title = Wciąż czekamy na Państwa odpowiedź
reminder-opening = Na Państwa decyzję nadal czeka wniosek. Wygaśnie { expiry.when }.

## Zmiana wprowadzona: role pełni ktoś inny

done-subject = { $part ->
    [requester] Zmiana wprowadzona: nowy { roles } usługi { $service }
    [requester-leaving] Zmiana wprowadzona: nowy { roles } usługi { $service }
    [nominee] Mają Państwo nową rolę: { roles } usługi { $service }
    [nominee-after-requester] Mają Państwo nową rolę: { roles } usługi { $service }
   *[sole] Mają Państwo nową rolę: { roles } usługi { $service }
}
done-title = Zmiana została wprowadzona
done-opening = { $part ->
    [requester] Rolę { roles.genitive } usługi { $service } pełni teraz { $nominee } zamiast użytkownika { $incumbent }.
    [requester-leaving] Państwa rolę { roles.genitive } usługi { $service } pełni teraz { $nominee }.
    [nominee] Rolę { roles.genitive } usługi { $service } pełnią teraz Państwo zamiast użytkownika { $incumbent }.
    [nominee-after-requester] Rolę { roles.genitive } usługi { $service } pełnią teraz Państwo zamiast użytkownika { $incumbent }.
   *[sole] Rolę { roles.genitive } usługi { $service } pełnią teraz Państwo zamiast użytkownika { $incumbent }.
}
done-note = Otrzymaliśmy wszystkie potwierdzenia i zmiana już obowiązuje.

replaced-subject = Przejęto Państwa rolę: { roles } usługi { $service }
replaced-title = Państwa rolę przejęła inna osoba
replaced-opening = Państwa rolę { roles.genitive } usługi { $service } pełni teraz { $nominee }.
replaced-note = Wniosek o tę zmianę pochodził od użytkownika { $requester } i został potwierdzony. Jeśli zmiana jest dla Państwa zaskoczeniem, prosimy o kontakt z naszym działem obsługi klienta.

passed-subject = Nowy { roles } usługi { $service }
passed-title = Zmienił się kontakt Państwa usługi
passed-opening = Rolę { roles.genitive } usługi { $service } pełni teraz { $nominee } zamiast użytkownika { $incumbent }.
passed-note = Wniosek o tę zmianę pochodził od użytkownika { $requester } i został potwierdzony. Otrzymują Państwo tę wiadomość jako kontakt administracyjny usługi.

## Odrzucenie, anulowanie, wygaśnięcie, brak możliwości: nic się nie zmieniło

refused-subject = Wniosek odrzucony: nowy { roles } usługi { $service }
refused-title = Wniosek został odrzucony
refused-opening = { $part ->
    [requester] { $refuser } nie wyraża zgody na przejęcie roli { roles.genitive } usługi { $service } od użytkownika { $incumbent }. Wniosek został zamknięty i nic się nie zmieniło.
    [requester-leaving] { $refuser } nie wyraża zgody na przejęcie Państwa roli { roles.genitive } usługi { $service }. Wniosek został zamknięty i nic się nie zmieniło.
   *[nominee] Użytkownik { $refuser } odrzucił { offer }. Wniosek został zamknięty i nic się nie zmieniło.
}
reason-label = Podany powód:

cancelled-subject = Wniosek anulowany: nowy { roles } usługi { $service }
cancelled-title = Wniosek został anulowany
cancelled-opening = { $canceller ->
    [requester] Użytkownik { $canceller-name } anulował { offer }. Nic się nie zmieniło.
    [account] Użytkownik { $canceller-name } anulował { request }. Nic się nie zmieniło.
    [administrator] Kontakt administracyjny usługi ({ $canceller-name }) anulował { request }. Nic się nie zmieniło.
    [operator] Nasz zespół anulował { request }. Nic się nie zmieniło.
   *[service-deleted] Usługa { $service } została usunięta. W związku z tym anulowano { request }.
}

expired-subject = Wniosek wygasł: nowy { roles } usługi { $service }
expired-title = Wniosek wygasł
expired-opening = Nie otrzymaliśmy w terminie wszystkich potwierdzeń. W związku z tym wygasł { request }. Nic się nie zmieniło.
expired-note = Jeśli zmiana jest nadal potrzebna, można złożyć nowy wniosek.

failed-subject = Zmiana niemożliwa: nowy { roles } usługi { $service }
failed-title = Zmiana nie jest już możliwa
failed-opening = Musieliśmy zamknąć { request }. Nic się nie zmieniło.
failed-cause = { $cause ->
    [incumbent-replaced] { $part ->
        [requester-leaving] Powód: nie pełnią już Państwo { $role-count ->
            [one] tej roli
           *[other] wszystkich tych ról
        }.
       *[other] Powód: { $incumbent } nie pełni już { $role-count ->
            [one] tej roli
           *[other] wszystkich tych ról
        }.
    }
   *[requester-not-permitted] { $part ->
        [nominee] Powód: { $requester } nie ma już uprawnień do złożenia wniosku o tę zmianę.
        [nominee-after-requester] Powód: { $requester } nie ma już uprawnień do złożenia wniosku o tę zmianę.
       *[other] Powód: nie mają już Państwo uprawnień do złożenia wniosku o tę zmianę.
    }
}

codes-dead = Kody weryfikacyjne wysłane w sprawie tego wniosku nie są już ważne.

## Zmiana adresu: wiadomość na stary adres

address-changed-subject = Zmieniono adres e-mail Państwa konta { $account }
address-changed-title = Państwa adres e-mail został zmieniony
address-changed-opening = Zmieniono adres e-mail Państwa konta { $account }. Ta wiadomość trafia jeszcze na stary adres: od teraz będziemy pisać na nowy.
address-changed-codes = Kody weryfikacyjne, które wysłaliśmy na ten adres w sprawie otwartych wniosków, nie są już ważne. Nowe kody mogą zostać wysłane na nowy adres.
address-changed-warning = Jeśli ta zmiana pochodzi od Państwa, nie trzeba nic robić. W przeciwnym razie prosimy o niezwłoczny kontakt z naszym działem obsługi klienta.

## Niedostarczony kod: nie udało się dostarczyć kodu jednej ze stron; wiadomość trafia do drugiej. $unreached to strona bez kodu

undelivered-subject = Niedostarczony kod weryfikacyjny: usługa { $service }
undelivered-title = Nie udało się dostarczyć kodu
undelivered-opening = Nie udało się dostarczyć kodu weryfikacyjnego do użytkownika { $unreached }: nasza wiadomość na adres e-mail tego konta została odrzucona. Kod dotyczy { request.genitive }.
undelivered-note = Wniosek pozostaje otwarty, ale bez tego kodu nie można go zrealizować. Wniosek wygaśnie { expiry.when }.
undelivered-advice = Jeśli to możliwe, prosimy powiadomić użytkownika { $unreached }. Gdy adres e-mail konta zostanie poprawiony, kod będzie można wysłać ponownie.

## Test: wysyła go operator, aby sprawdzić, czy wiadomości docierają

test-subject = Wiadomość testowa
test-title = To jest wiadomość testowa
test-opening = Wysłaliśmy tę wiadomość, aby sprawdzić, czy nasze wiadomości do Państwa docierają. Ta dotarła.
