# Was die Seite hinter den Links sagt, auf Deutsch. Sie teilt die Wörter der Nachrichten. Die Variablen sind in ../en.ftl erklärt.

page-language = Deutsch
page-languages = Sprache
page-footer = Bei Fragen wenden Sie sich bitte an unseren Support.

## Der Code

page-code-title = Eine Anfrage beantworten
page-code-opening = Bitte geben Sie den Code aus unserer Nachricht ein. Sie sehen dann die Anfrage und können zustimmen oder ablehnen.
page-code-hint = Er hat 32 Buchstaben und Ziffern. Großschreibung, Leerzeichen und Bindestriche spielen keine Rolle.
page-look = Anfrage anzeigen
page-wrong = Dieser Code gehört nicht zu dieser Anfrage. Bitte prüfen Sie ihn, oder öffnen Sie den Link in unserer Nachricht noch einmal.

## Die Frage

page-confirm-opening = { $part ->
    [requester] Sie haben darum gebeten, { $nominee } anstelle von { $incumbent } als { roles.accusative } für { $service } einzutragen.
    [requester-leaving] Sie haben darum gebeten, { $nominee } an Ihrer Stelle als { roles.accusative } für { $service } einzutragen.
    [nominee] { $requester } bittet Sie, anstelle von { $incumbent } die Rolle als { roles } für { $service } zu übernehmen.
    [nominee-after-requester] { $requester } bittet Sie, die Rolle als { roles } für { $service } zu übernehmen.
   *[sole] Sie haben darum gebeten, anstelle von { $incumbent } als { roles } für { $service } eingetragen zu werden.
}
page-powers-title = { $part ->
    [requester] Was { $nominee } dann tun kann
    [requester-leaving] Was { $nominee } dann tun kann
   *[other] Was Sie dann tun können
}
page-power-administrator = Den gesamten Dienst verwalten und jeden seiner Kontakte ablösen
page-power-technical = Sich um die technische Seite des Dienstes kümmern und diese Rolle an jemand anderen übergeben
page-power-billing = Die Rechnungen des Dienstes erhalten und bezahlen und diese Rolle an jemand anderen übergeben
page-parties = Wer zustimmen muss
page-party = { $decision ->
    [accepted] zugestimmt
    [refused] abgelehnt
   *[pending] noch keine Antwort
}
page-answer = Ihre Antwort
page-accept = Zustimmen
page-refuse = Ablehnen
page-refuse-note = Wenn Sie ablehnen, ist die Anfrage sofort beendet, und es ändert sich nichts.
page-reason = Grund (freiwillig)
page-reason-hint = Höchstens 500 Zeichen, ohne Webadressen. Die Beteiligten an der Anfrage können ihn lesen.
page-reason-wrong = Sie haben noch nicht abgelehnt: Der Grund darf höchstens 500 Zeichen und keine Webadressen wie example.com enthalten.

## Nach der Antwort

page-waiting-title = Sie haben zugestimmt
page-waiting-opening = Die Änderung wird wirksam, sobald auch { $other } zugestimmt hat. Bis dahin ändert sich nichts. Die Anfrage gilt bis { expiry }.
page-refused-title = Sie haben abgelehnt
page-refused-opening = Die Anfrage ist damit beendet, und es hat sich nichts geändert.
page-cancelled-opening = Sie haben sie selbst storniert. Es hat sich nichts geändert.
page-ended = Die Anfrage ist beendet. Ihre Codes sind nicht mehr gültig.

## Ein ersetzter Code

page-superseded-title = Dieser Code ist nicht mehr gültig
page-superseded-opening = Wir haben Ihnen inzwischen einen neueren gesendet, oder die E-Mail-Adresse Ihres Kontos wurde geändert. Bitte verwenden Sie den Code aus unserer neuesten Nachricht.
page-superseded-offer = Falls Sie ihn nicht finden, können wir Ihnen einen neuen Code senden, an die E-Mail-Adresse, die Ihr Konto jetzt hat.
page-resend = Neuen Code senden
page-resent-title = Ein neuer Code ist unterwegs
page-resent-opening = Wir senden ihn an die E-Mail-Adresse Ihres Kontos. Bitte öffnen Sie den Link in dieser Nachricht, oder geben Sie den neuen Code hier ein.
page-resend-limited-title = Wir haben gerade erst einen Code gesendet
page-resend-limited-opening = Bitte sehen Sie in Ihren Nachrichten nach. Einen weiteren können Sie sich in { page-wait } senden lassen.
page-resend-over-title = Es kann kein weiterer Code gesendet werden
page-resend-over-opening = Der Code aus unserer neuesten Nachricht bleibt gültig. Falls Sie ihn nicht finden, wenden Sie sich bitte an unseren Support.

## Was im Weg steht

page-overdue-title = Eine Rechnung ist überfällig
page-overdue-opening = { $whose ->
    [own] Die Änderung kann noch nicht wirksam werden: Ihr Konto { $debtor } hat eine überfällige Rechnung.
   *[other] Die Änderung kann noch nicht wirksam werden: { $debtor } hat eine überfällige Rechnung.
}
page-overdue-note = Sie haben noch nicht zugestimmt. Sobald die Rechnung bezahlt ist, versuchen Sie es bitte noch einmal: Ihr Code bleibt gültig. Die Anfrage gilt bis { expiry }.
page-again = Noch einmal versuchen
page-limited-title = Zu viele Versuche
page-limited-opening = Bitte versuchen Sie es in { page-wait } noch einmal. Ihr Code bleibt gültig.
# Steht nach „in“.
page-wait = { $unit ->
    [seconds] { $count ->
        [1] einer Sekunde
       *[other] { $count } Sekunden
    }
    [minutes] { $count ->
        [1] einer Minute
       *[other] { $count } Minuten
    }
   *[hours] { $count ->
        [1] einer Stunde
       *[other] { $count } Stunden
    }
}
page-unavailable-title = Das geht gerade nicht
page-unavailable-opening = Bitte versuchen Sie es gleich noch einmal. Ihr Code bleibt gültig, und so oft Sie es versuchen: Ihre Antwort zählt einmal.
page-fault-title = Bei uns ist etwas schiefgegangen
page-fault-opening = Der Fehler ist vermerkt. Bitte versuchen Sie es später noch einmal, oder wenden Sie sich an unseren Support.
page-foreign-title = Bitte beginnen Sie bei unserer Nachricht
page-foreign-opening = Diese Antwort kam nicht von unserer eigenen Seite, und es ist nichts geschehen. Bitte öffnen Sie den Link in unserer Nachricht. Falls eine andere Seite Sie hierher geführt hat, wenden Sie sich bitte an unseren Support.
page-nothing-title = Hier ist nichts
page-nothing-opening = Um eine Anfrage zu beantworten, öffnen Sie bitte den vollständigen Link in unserer Nachricht.
