# Wat de pagina achter de links zegt, in het Nederlands. Ze deelt de woorden van de berichten. De variabelen staan uitgelegd in ../en.ftl.

page-language = Nederlands
page-languages = Taal
page-footer = Hebt u vragen? Neem dan contact op met ons supportteam.

## De code

page-code-title = Reageren op een verzoek
page-code-opening = Voer de code uit ons bericht in. U ziet dan het verzoek en kunt het accepteren of afwijzen.
page-code-hint = De code heeft 32 letters en cijfers. Hoofdletters, spaties en streepjes maken niet uit.
page-look = Verzoek tonen
page-wrong = Deze code hoort niet bij dit verzoek. Controleer de code of open de link in ons bericht opnieuw.

## De vraag

page-confirm-opening = { $part ->
    [requester] U hebt gevraagd om { $incumbent } als { roles } voor { $service } te vervangen door { $nominee }.
    [requester-leaving] U hebt gevraagd om als { roles } voor { $service } te worden vervangen door { $nominee }.
    [nominee] { $requester } vraagt of u { $incumbent } wilt vervangen als { roles } voor { $service }.
    [nominee-after-requester] { $requester } vraagt of u de rol van { roles } voor { $service } wilt overnemen.
   *[sole] U hebt gevraagd om de rol van { roles } voor { $service } over te nemen van { $incumbent }.
}
page-powers-title = { $part ->
    [requester] Wat { $nominee } daarna kan doen
    [requester-leaving] Wat { $nominee } daarna kan doen
   *[other] Wat u daarna kunt doen
}
page-power-administrator = De hele dienst beheren en elk van de contactpersonen vervangen
page-power-technical = De technische kant van de dienst beheren en deze rol aan iemand anders overdragen
page-power-billing = De facturen van de dienst ontvangen en betalen en deze rol aan iemand anders overdragen
page-parties = Wie moet accepteren
page-party = { $decision ->
    [accepted] geaccepteerd
    [refused] afgewezen
   *[pending] nog geen antwoord
}
page-answer = Uw antwoord
page-accept = Accepteren
page-refuse = Afwijzen
page-refuse-note = Als u afwijst, eindigt het verzoek meteen en verandert er niets.
page-reason = Reden (niet verplicht)
page-reason-hint = Ten hoogste 500 tekens, zonder webadressen. Wie bij het verzoek betrokken is, kan dit lezen.
page-reason-wrong = U hebt nog niet afgewezen: de reden mag ten hoogste 500 tekens hebben en geen webadressen zoals example.com.

## Na het antwoord

page-waiting-title = U hebt het verzoek geaccepteerd
page-waiting-opening = De wijziging gaat in zodra ook { $other } het verzoek heeft geaccepteerd. Tot dan verandert er niets. Het verzoek verloopt op { expiry }.
page-refused-title = U hebt het verzoek afgewezen
page-refused-opening = Het verzoek is daarmee beëindigd en er is niets veranderd.
page-cancelled-opening = U hebt het zelf geannuleerd. Er is niets veranderd.
page-ended = Het verzoek is beëindigd. De codes ervan werken niet meer.

## Een vervangen code

page-superseded-title = Deze code werkt niet meer
page-superseded-opening = We hebben intussen een nieuwere gestuurd, of het e-mailadres van uw account is gewijzigd. Gebruik de code uit ons nieuwste bericht.
page-superseded-offer = Kunt u die niet vinden? Dan kunnen we u een nieuwe code sturen, naar het e-mailadres dat uw account nu heeft.
page-resend = Stuur mij een nieuwe code
page-resent-title = Er is een nieuwe code onderweg
page-resent-opening = We sturen die naar het e-mailadres van uw account. Open de link in dat bericht of voer de nieuwe code hier in.
page-resend-limited-title = We hebben zojuist een code gestuurd
page-resend-limited-opening = Zoek die op in uw berichten. Over { page-wait } kunt u er nog een laten sturen.
page-resend-over-title = Er kunnen geen codes meer worden gestuurd
page-resend-over-opening = De code in ons nieuwste bericht blijft geldig. Kunt u die niet vinden? Neem dan contact op met ons supportteam.

## Wat in de weg staat

page-overdue-title = Er staat een factuur open
page-overdue-opening = { $whose ->
    [own] De wijziging kan nog niet ingaan: voor uw account { $debtor } staat een factuur open.
   *[other] De wijziging kan nog niet ingaan: voor { $debtor } staat een factuur open.
}
page-overdue-note = U hebt nog niet geaccepteerd. Probeer het opnieuw zodra de factuur is betaald: uw code blijft geldig. Het verzoek verloopt op { expiry }.
page-again = Opnieuw proberen
page-limited-title = Te veel pogingen
page-limited-opening = Probeer het over { page-wait } opnieuw. Uw code blijft geldig.
# Staat na “over”.
page-wait = { $unit ->
    [seconds] { $count ->
        [1] één seconde
       *[other] { $count } seconden
    }
    [minutes] { $count ->
        [1] één minuut
       *[other] { $count } minuten
    }
   *[hours] { $count ->
        [1] een uur
       *[other] { $count } uur
    }
}
page-unavailable-title = Dit werkt op dit moment niet
page-unavailable-opening = Probeer het zo meteen opnieuw. Uw code blijft geldig, en hoe vaak u het ook probeert: uw antwoord telt één keer.
page-fault-title = Er is bij ons iets misgegaan
page-fault-opening = De fout is genoteerd. Probeer het later opnieuw of neem contact op met ons supportteam.
page-foreign-title = Begin bij ons bericht
page-foreign-opening = Dit antwoord kwam niet van onze eigen pagina en er is niets gebeurd. Open de link in ons bericht. Heeft een andere pagina u hierheen geleid? Neem dan contact op met ons supportteam.
page-nothing-title = Hier is niets
page-nothing-opening = Open de volledige link in ons bericht om op een verzoek te reageren.
