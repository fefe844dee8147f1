# Was die Nachrichten von Relevo sagen, auf Deutsch. Die Leserin oder der Leser wird gesiezt. Die Variablen sind in en.ftl erklärt.
#
# Nach der Anrede steht ein Komma. Deshalb beginnt jede Eröffnung (*-opening) mit einem Wort, das immer großgeschrieben wird.

## Wörter, aus denen die anderen Nachrichten bestehen

# Der Wert steht im Nominativ ohne Artikel („neuer …“, „Sie sind …“, „die Rolle als …“), .accusative im Akkusativ („… als … eintragen“).
roles = { $roles ->
    [administrator] Administrator-Kontakt
    [technical] technischer Kontakt
    [billing] Rechnungskontakt
    [administrator-technical] Administrator-Kontakt und technischer Kontakt
    [administrator-billing] Administrator- und Rechnungskontakt
    [technical-billing] technischer Kontakt und Rechnungskontakt
   *[administrator-technical-billing] Administrator-Kontakt, technischer Kontakt und Rechnungskontakt
}
    .accusative = { $roles ->
        [administrator] Administrator-Kontakt
        [technical] technischen Kontakt
        [billing] Rechnungskontakt
        [administrator-technical] Administrator-Kontakt und technischen Kontakt
        [administrator-billing] Administrator- und Rechnungskontakt
        [technical-billing] technischen Kontakt und Rechnungskontakt
       *[administrator-technical-billing] Administrator-Kontakt, technischen Kontakt und Rechnungskontakt
    }

# Steht nach „bis“.
expiry = { $weekday ->
    [1] Montag
    [2] Dienstag
    [3] Mittwoch
    [4] Donnerstag
    [5] Freitag
    [6] Samstag
   *[7] Sonntag
}, { $day }. { $month ->
    [1] Januar
    [2] Februar
    [3] März
    [4] April
    [5] Mai
    [6] Juni
    [7] Juli
    [8] August
    [9] September
    [10] Oktober
    [11] November
   *[12] Dezember
} { $year }, { $time } Uhr (UTC)

# Ein ganzer Satz ohne Punkt. Der Satz danach nimmt ihn mit „diese Anfrage“ auf.
request = { $part ->
    [requester] Sie haben darum gebeten, { $nominee } anstelle von { $incumbent } als { roles.accusative } für { $service } einzutragen
    [requester-leaving] Sie haben darum gebeten, { $nominee } an Ihrer Stelle als { roles.accusative } für { $service } einzutragen
    [nominee] { $requester } hat darum gebeten, Sie anstelle von { $incumbent } als { roles.accusative } für { $service } einzutragen
    [nominee-after-requester] { $requester } hat darum gebeten, dass Sie die Rolle als { roles } für { $service } übernehmen
   *[sole] Sie haben darum gebeten, anstelle von { $incumbent } als { roles } für { $service } eingetragen zu werden
}

# Liest die vorgeschlagene Person, wenn die Anfrage von der Seite beendet wird, von der sie kam. Steht nach „hat die Anfrage …, “.
offer = { $part ->
    [nominee] Sie anstelle von { $incumbent } als { roles.accusative } für { $service } einzutragen
   *[nominee-after-requester] Ihnen die Rolle als { roles } für { $service } zu übergeben
}

## Teile, die mehrere Nachrichten gemeinsam haben

greeting = Guten Tag { $name },
details = Angaben zur Anfrage
colon = :
label-service = Dienst
service-named = { $service-name }, { $service } ({ $service-kind })
service-plain = { $service } ({ $service-kind })
label-roles = { $role-count ->
    [one] Rolle
   *[other] Rollen
}
label-requester = Angefragt von
label-incumbent = { $stage ->
    [asked] Aktueller Kontakt
    [done] Bisheriger Kontakt
   *[ended] Abzulösender Kontakt
}
label-nominee = { $stage ->
    [ended] Vorgeschlagener Kontakt
   *[other] Neuer Kontakt
}
label-expiry = Antwort bis
label-change = Anfragenummer
you = { $person } – das sind Sie
nothing-to-do = Sie müssen nichts weiter tun.
footer = Diese Nachricht wurde automatisch an { $recipient } gesendet. Bei Fragen wenden Sie sich bitte an unseren Support.

## Bestätigung und Erinnerung: bitten um eine Entscheidung

confirm-subject = { $part ->
    [requester] Bitte bestätigen: neuer { roles } für { $service }
    [requester-leaving] Bitte bestätigen: neuer { roles } für { $service }
    [nominee] Sie wurden als { roles } für { $service } vorgeschlagen
    [nominee-after-requester] Sie wurden als { roles } für { $service } vorgeschlagen
   *[sole] Bitte bestätigen: Sie als { roles } für { $service }
}
confirm-title = { $part ->
    [requester] Bitte bestätigen Sie Ihre Anfrage
    [requester-leaving] Bitte bestätigen Sie Ihre Anfrage
    [nominee] Möchten Sie { roles } werden?
    [nominee-after-requester] Möchten Sie { roles } werden?
   *[sole] Bitte bestätigen Sie Ihre Anfrage
}
confirm-opening = { $part ->
    [requester] Sie haben darum gebeten, { $nominee } anstelle von { $incumbent } als { roles.accusative } für { $service } einzutragen. Bitte stimmen Sie zu oder lehnen Sie ab. Den Code dafür finden Sie weiter unten.
    [requester-leaving] Sie haben darum gebeten, { $nominee } an Ihrer Stelle als { roles.accusative } für { $service } einzutragen. Bitte stimmen Sie zu oder lehnen Sie ab. Den Code dafür finden Sie weiter unten.
    [nominee] { $requester } bittet Sie, anstelle von { $incumbent } die Rolle als { roles } für { $service } zu übernehmen. Bitte stimmen Sie zu oder lehnen Sie ab. Den Code dafür finden Sie weiter unten.
    [nominee-after-requester] { $requester } bittet Sie, die Rolle als { roles } für { $service } zu übernehmen. Bitte stimmen Sie zu oder lehnen Sie ab. Den Code dafür finden Sie weiter unten.
   *[sole] Sie haben darum gebeten, anstelle von { $incumbent } als { roles } für { $service } eingetragen zu werden. Bitte stimmen Sie zu oder lehnen Sie ab. Den Code dafür finden Sie weiter unten.
}
confirm-effect = { $part ->
    [requester] Die Änderung wird wirksam, sobald Sie und { $nominee } zugestimmt haben.
    [requester-leaving] Die Änderung wird wirksam, sobald Sie und { $nominee } zugestimmt haben.
    [nominee] Die Änderung wird wirksam, sobald Sie und { $requester } zugestimmt haben.
    [nominee-after-requester] Die Änderung wird wirksam, sobald Sie und { $requester } zugestimmt haben.
   *[sole] Außer Ihnen muss niemand zustimmen: Die Änderung wird wirksam, sobald Sie zugestimmt haben.
}
confirm-terms = Mit Ihrer Zustimmung akzeptieren Sie auch die Bedingungen dieses Dienstes.
confirm-refuse = { $part ->
    [requester] Falls diese Anfrage nicht von Ihnen stammt oder Sie die Änderung nicht mehr wünschen, lehnen Sie bitte auf derselben Seite mit demselben Code ab.
    [requester-leaving] Falls diese Anfrage nicht von Ihnen stammt oder Sie die Änderung nicht mehr wünschen, lehnen Sie bitte auf derselben Seite mit demselben Code ab.
    [nominee] Wenn Sie diese Rolle nicht übernehmen möchten, können Sie auf derselben Seite mit demselben Code ablehnen.
    [nominee-after-requester] Wenn Sie diese Rolle nicht übernehmen möchten, können Sie auf derselben Seite mit demselben Code ablehnen.
   *[sole] Falls diese Anfrage nicht von Ihnen stammt oder Sie die Änderung nicht mehr wünschen, lehnen Sie bitte auf derselben Seite mit demselben Code ab.
}
confirm-ignore = Wenn Sie nicht auf diese Nachricht reagieren, ändert sich nichts. Die Anfrage gilt bis { expiry }.

code-label = Ihr Code
code-note = Er ist persönlich und kann nur einmal verwendet werden. Geben Sie ihn nicht weiter: Wir werden Sie nie danach fragen.
link-label = Anfrage beantworten
link-note = Mit diesem Link wird der Code automatisch für Sie eingegeben:

reminder-subject = Ihre Antwort steht noch aus: { roles } für { $service }
reminder-title = Ihre Antwort steht noch aus
reminder-opening = Sie haben noch eine offene Anfrage. Bitte antworten Sie bis { expiry }.

## Erledigt, ersetzt, übergeben: Die Rollen haben einen neuen Kontakt

done-subject = { $part ->
    [requester] Erledigt: neuer { roles } für { $service }
    [requester-leaving] Erledigt: neuer { roles } für { $service }
    [nominee] Erledigt: Sie sind jetzt { roles } für { $service }
    [nominee-after-requester] Erledigt: Sie sind jetzt { roles } für { $service }
   *[sole] Erledigt: Sie sind jetzt { roles } für { $service }
}
done-title = Die Änderung ist abgeschlossen
done-opening = { $part ->
    [requester] { $nominee } ist jetzt anstelle von { $incumbent } als { roles } für { $service } eingetragen.
    [requester-leaving] { $nominee } ist jetzt an Ihrer Stelle als { roles } für { $service } eingetragen.
    [nominee] Sie sind jetzt anstelle von { $incumbent } als { roles } für { $service } eingetragen.
    [nominee-after-requester] Sie sind jetzt anstelle von { $incumbent } als { roles } für { $service } eingetragen.
   *[sole] Sie sind jetzt anstelle von { $incumbent } als { roles } für { $service } eingetragen.
}
done-note = Alle nötigen Zustimmungen liegen vor, und die Änderung ist bereits wirksam.

replaced-subject = Sie sind nicht mehr { roles } für { $service }
replaced-title = Ihre Rolle wurde übernommen
replaced-opening = { $nominee } ist jetzt an Ihrer Stelle als { roles } für { $service } eingetragen.
replaced-note = { $requester } hat um diese Änderung gebeten, und sie wurde bestätigt. Falls Sie nicht damit gerechnet haben, wenden Sie sich bitte an unseren Support.

passed-subject = Neuer { roles } für { $service }
passed-title = Ein Kontakt Ihres Dienstes hat gewechselt
passed-opening = { $nominee } ist jetzt anstelle von { $incumbent } als { roles } für { $service } eingetragen.
passed-note = { $requester } hat um diese Änderung gebeten, und sie wurde bestätigt. Wir informieren Sie, weil Sie der Administrator-Kontakt des Dienstes sind.

## Abgelehnt, storniert, abgelaufen, nicht mehr möglich: Es hat sich nichts geändert

refused-subject = Abgelehnt: neuer { roles } für { $service }
refused-title = Die Anfrage wurde abgelehnt
refused-opening = { $part ->
    [requester] { $refuser } hat es abgelehnt, anstelle von { $incumbent } die Rolle als { roles } für { $service } zu übernehmen. Die Anfrage ist damit beendet, und es hat sich nichts geändert.
    [requester-leaving] { $refuser } hat es abgelehnt, an Ihrer Stelle die Rolle als { roles } für { $service } zu übernehmen. Die Anfrage ist damit beendet, und es hat sich nichts geändert.
   *[nominee] { $refuser } hat die Anfrage abgelehnt, { offer }. Die Anfrage ist damit beendet, und es hat sich nichts geändert.
}
reason-label = Angegebener Grund:

cancelled-subject = Storniert: neuer { roles } für { $service }
cancelled-title = Die Anfrage wurde storniert
cancelled-opening = { $canceller ->
    [requester] { $canceller-name } hat die Anfrage storniert, { offer }. Es hat sich nichts geändert.
    [account] { request }. { $canceller-name } hat diese Anfrage storniert. Es hat sich nichts geändert.
    [administrator] { request }. { $canceller-name } hat diese Anfrage als Administrator-Kontakt des Dienstes storniert. Es hat sich nichts geändert.
    [operator] { request }. Unser Team hat diese Anfrage storniert. Es hat sich nichts geändert.
   *[service-deleted] { request }. Dieser Dienst wurde gelöscht. Damit wurde auch die Anfrage storniert.
}

expired-subject = Abgelaufen: neuer { roles } für { $service }
expired-title = Die Anfrage ist abgelaufen
expired-opening = { request }. Diese Anfrage ist abgelaufen, weil nicht alle nötigen Zustimmungen rechtzeitig vorlagen. Es hat sich nichts geändert.
expired-note = Wenn die Änderung weiterhin gewünscht ist, kann sie erneut angefragt werden.

failed-subject = Nicht mehr möglich: neuer { roles } für { $service }
failed-title = Die Änderung ist nicht mehr möglich
failed-opening = { request }. Wir mussten diese Anfrage beenden. Es wurde nichts geändert.
failed-cause = { $cause ->
    [incumbent-replaced] { $part ->
        [requester-leaving] Der Grund: Sie haben { $role-count ->
            [one] diese Rolle nicht mehr
           *[other] nicht mehr alle diese Rollen
        } inne.
       *[other] Der Grund: { $incumbent } hat { $role-count ->
            [one] diese Rolle nicht mehr
           *[other] nicht mehr alle diese Rollen
        } inne.
    }
   *[requester-not-permitted] { $part ->
        [nominee] Der Grund: { $requester } ist nicht mehr berechtigt, diese Änderung anzufragen.
        [nominee-after-requester] Der Grund: { $requester } ist nicht mehr berechtigt, diese Änderung anzufragen.
       *[other] Der Grund: Sie sind nicht mehr berechtigt, diese Änderung anzufragen.
    }
}

codes-dead = Codes, die für diese Anfrage versendet wurden, sind nicht mehr gültig.

## Adresse geändert: geht an die bisherige Adresse

address-changed-subject = Die E-Mail-Adresse Ihres Kontos { $account } wurde geändert
address-changed-title = Ihre E-Mail-Adresse wurde geändert
address-changed-opening = Ihr Konto { $account } hat eine neue E-Mail-Adresse. Diese Nachricht geht noch an die bisherige Adresse. Ab jetzt schreiben wir Ihnen an die neue.
address-changed-codes = Codes, die wir für offene Anfragen an diese Adresse gesendet haben, sind nicht mehr gültig. Neue Codes können an die neue Adresse gesendet werden.
address-changed-warning = Wenn Sie die Adresse selbst geändert haben, müssen Sie nichts weiter tun. Wenn nicht, wenden Sie sich bitte umgehend an unseren Support.

## Nicht zugestellt: Der Code einer Seite konnte nicht zugestellt werden; geht an die andere. $unreached ist, wer keinen Code hat

undelivered-subject = Nicht zugestellt: ein Code für { $service }
undelivered-title = Ein Code konnte nicht zugestellt werden
undelivered-opening = { request }. Der Code für diese Anfrage konnte nicht an { $unreached } zugestellt werden: Unsere Nachricht an die E-Mail-Adresse dieses Kontos wurde abgewiesen.
undelivered-note = Die Anfrage bleibt offen, kann aber ohne diesen Code nicht abgeschlossen werden. Sie gilt bis { expiry }.
undelivered-advice = Wenn es Ihnen möglich ist, geben Sie { $unreached } bitte Bescheid. Sobald die E-Mail-Adresse des Kontos korrigiert ist, kann der Code erneut gesendet werden.

## Test: vom Betrieb gesendet, um zu prüfen, ob Nachrichten ankommen

test-subject = Testnachricht
test-title = Dies ist eine Testnachricht
test-opening = Sie erhalten diese Nachricht, weil wir prüfen, ob unsere Nachrichten bei Ihnen ankommen. Diese ist angekommen.
