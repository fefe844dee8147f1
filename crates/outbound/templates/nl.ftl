# Wat de berichten van Relevo zeggen, in het Nederlands. De lezer wordt met u aangesproken. De variabelen staan uitgelegd in en.ftl.

## Woorden waaruit de andere berichten zijn opgebouwd

roles = { $roles ->
    [administrator] administratieve contactpersoon
    [technical] technische contactpersoon
    [billing] financiële contactpersoon
    [administrator-technical] administratieve en technische contactpersoon
    [administrator-billing] administratieve en financiële contactpersoon
    [technical-billing] technische en financiële contactpersoon
   *[administrator-technical-billing] administratieve, technische en financiële contactpersoon
}

expiry = { $weekday ->
    [1] maandag
    [2] dinsdag
    [3] woensdag
    [4] donderdag
    [5] vrijdag
    [6] zaterdag
   *[7] zondag
} { $day } { $month ->
    [1] januari
    [2] februari
    [3] maart
    [4] april
    [5] mei
    [6] juni
    [7] juli
    [8] augustus
    [9] september
    [10] oktober
    [11] november
   *[12] december
} { $year } om { $time } uur (UTC)

# Een hele zin zonder punt. De zin daarna verwijst ernaar met "dit verzoek".
request = { $part ->
    [requester] U hebt gevraagd om { $incumbent } als { roles } voor { $service } te vervangen door { $nominee }
    [requester-leaving] U hebt gevraagd om als { roles } voor { $service } te worden vervangen door { $nominee }
    [nominee] { $requester } heeft gevraagd of u { $incumbent } wilt vervangen als { roles } voor { $service }
    [nominee-after-requester] { $requester } heeft gevraagd of u de rol van { roles } voor { $service } wilt overnemen
   *[sole] U hebt gevraagd om de rol van { roles } voor { $service } over te nemen van { $incumbent }
}

# Voor de voorgestelde persoon, als het verzoek wordt beëindigd door wie het heeft gedaan. Ook een hele zin zonder punt.
offer = { $part ->
    [nominee] Aan u is gevraagd om { $incumbent } te vervangen als { roles } voor { $service }
   *[nominee-after-requester] Aan u is gevraagd om de rol van { roles } voor { $service } over te nemen
}

## Onderdelen die in meerdere berichten voorkomen

greeting = Beste { $name },
details = Het verzoek
colon = :
label-service = Dienst
service-named = { $service-name }, { $service } ({ $service-kind })
service-plain = { $service } ({ $service-kind })
label-roles = { $role-count ->
    [one] Rol
   *[other] Rollen
}
label-requester = Aangevraagd door
label-incumbent = { $stage ->
    [asked] Huidige contactpersoon
    [done] Vorige contactpersoon
   *[ended] Te vervangen contactpersoon
}
label-nominee = { $stage ->
    [ended] Voorgestelde contactpersoon
   *[other] Nieuwe contactpersoon
}
label-expiry = Uiterste reactiedatum
label-change = Verzoeknummer
you = { $person } – dat bent u
nothing-to-do = U hoeft niets te doen.
footer = Dit bericht is automatisch verzonden aan { $recipient }. Hebt u vragen? Neem dan contact op met ons supportteam.

## Bevestiging en herinnering: vragen om een beslissing

confirm-subject = { $part ->
    [requester] Bevestig de nieuwe { roles } voor { $service }
    [requester-leaving] Bevestig de nieuwe { roles } voor { $service }
    [nominee] U bent gevraagd als { roles } voor { $service }
    [nominee-after-requester] U bent gevraagd als { roles } voor { $service }
   *[sole] Bevestig dat u de { roles } voor { $service } wordt
}
confirm-title = { $part ->
    [requester] Bevestig uw verzoek
    [requester-leaving] Bevestig uw verzoek
    [nominee] Wilt u de { roles } worden?
    [nominee-after-requester] Wilt u de { roles } worden?
   *[sole] Bevestig uw verzoek
}
confirm-opening = { $part ->
    [requester] U hebt gevraagd om { $incumbent } als { roles } voor { $service } te vervangen door { $nominee }. Accepteer het verzoek of wijs het af met de onderstaande code.
    [requester-leaving] U hebt gevraagd om als { roles } voor { $service } te worden vervangen door { $nominee }. Accepteer het verzoek of wijs het af met de onderstaande code.
    [nominee] { $requester } vraagt of u { $incumbent } wilt vervangen als { roles } voor { $service }. Accepteer het verzoek of wijs het af met de onderstaande code.
    [nominee-after-requester] { $requester } vraagt of u de rol van { roles } voor { $service } wilt overnemen. Accepteer het verzoek of wijs het af met de onderstaande code.
   *[sole] U hebt gevraagd om de rol van { roles } voor { $service } over te nemen van { $incumbent }. Accepteer het verzoek of wijs het af met de onderstaande code.
}
confirm-effect = { $part ->
    [requester] De wijziging gaat in zodra u en { $nominee } het verzoek allebei hebben geaccepteerd.
    [requester-leaving] De wijziging gaat in zodra u en { $nominee } het verzoek allebei hebben geaccepteerd.
    [nominee] De wijziging gaat in zodra u en { $requester } het verzoek allebei hebben geaccepteerd.
    [nominee-after-requester] De wijziging gaat in zodra u en { $requester } het verzoek allebei hebben geaccepteerd.
   *[sole] Niemand anders hoeft het verzoek te accepteren: de wijziging gaat in zodra u dat doet.
}
confirm-terms = Door het verzoek te accepteren, gaat u ook akkoord met de voorwaarden van deze dienst.
confirm-refuse = { $part ->
    [requester] Komt dit verzoek niet van u of wilt u de wijziging niet meer? Wijs het verzoek dan af, op dezelfde pagina en met dezelfde code.
    [requester-leaving] Komt dit verzoek niet van u of wilt u de wijziging niet meer? Wijs het verzoek dan af, op dezelfde pagina en met dezelfde code.
    [nominee] Wilt u deze rol niet op u nemen? Dan kunt u het verzoek afwijzen, op dezelfde pagina en met dezelfde code.
    [nominee-after-requester] Wilt u deze rol niet op u nemen? Dan kunt u het verzoek afwijzen, op dezelfde pagina en met dezelfde code.
   *[sole] Komt dit verzoek niet van u of wilt u de wijziging niet meer? Wijs het verzoek dan af, op dezelfde pagina en met dezelfde code.
}
confirm-ignore = Als u niet op dit bericht reageert, verandert er niets. Het verzoek verloopt op { expiry }.

code-label = Uw code
code-note = Deze code is persoonlijk en werkt maar één keer. Deel de code met niemand: wij zullen u er nooit om vragen.
link-label = Reageren op het verzoek
link-note = Via deze link wordt de code automatisch voor u ingevuld:

reminder-subject = Wacht op uw reactie: { roles } voor { $service }
reminder-title = We wachten nog op uw reactie
reminder-opening = Er wacht nog een verzoek op uw reactie. Het verloopt op { expiry }.

## Afgerond, vervangen, overgedragen: de rollen hebben een nieuwe contactpersoon

done-subject = { $part ->
    [requester] Afgerond: nieuwe { roles } voor { $service }
    [requester-leaving] Afgerond: nieuwe { roles } voor { $service }
    [nominee] Afgerond: u bent nu de { roles } voor { $service }
    [nominee-after-requester] Afgerond: u bent nu de { roles } voor { $service }
   *[sole] Afgerond: u bent nu de { roles } voor { $service }
}
done-title = De wijziging is afgerond
done-opening = { $part ->
    [requester] { $nominee } heeft { $incumbent } vervangen als { roles } voor { $service }.
    [requester-leaving] { $nominee } heeft u vervangen als { roles } voor { $service }.
    [nominee] U hebt de rol van { roles } voor { $service } overgenomen van { $incumbent }.
    [nominee-after-requester] U hebt de rol van { roles } voor { $service } overgenomen van { $incumbent }.
   *[sole] U hebt de rol van { roles } voor { $service } overgenomen van { $incumbent }.
}
done-note = Alle bevestigingen zijn binnen en de wijziging is al van kracht.

replaced-subject = U bent niet langer de { roles } voor { $service }
replaced-title = Iemand anders heeft uw rol overgenomen
replaced-opening = { $nominee } heeft u vervangen als { roles } voor { $service }.
replaced-note = { $requester } heeft om deze wijziging gevraagd en de wijziging is bevestigd. Had u dit niet verwacht? Neem dan contact op met ons supportteam.

passed-subject = Nieuwe { roles } voor { $service }
passed-title = Uw dienst heeft een nieuwe contactpersoon
passed-opening = { $nominee } heeft { $incumbent } vervangen als { roles } voor { $service }.
passed-note = { $requester } heeft om deze wijziging gevraagd en de wijziging is bevestigd. We laten u dit weten omdat u de administratieve contactpersoon voor de dienst bent.

## Afgewezen, geannuleerd, verlopen, niet meer mogelijk: er is niets veranderd

refused-subject = Afgewezen: nieuwe { roles } voor { $service }
refused-title = Het verzoek is afgewezen
refused-opening = { $part ->
    [requester] { $refuser } heeft het verzoek afgewezen om { $incumbent } te vervangen als { roles } voor { $service }. Het verzoek is daarmee beëindigd en er is niets veranderd.
    [requester-leaving] { $refuser } heeft het verzoek afgewezen om u te vervangen als { roles } voor { $service }. Het verzoek is daarmee beëindigd en er is niets veranderd.
   *[nominee] { offer }. { $refuser } heeft dit verzoek afgewezen. Het is daarmee beëindigd en er is niets veranderd.
}
reason-label = Opgegeven reden:

cancelled-subject = Geannuleerd: nieuwe { roles } voor { $service }
cancelled-title = Het verzoek is geannuleerd
cancelled-opening = { $canceller ->
    [requester] { offer }. { $canceller-name } heeft dit verzoek geannuleerd. Er is niets veranderd.
    [account] { request }. { $canceller-name } heeft dit verzoek geannuleerd. Er is niets veranderd.
    [administrator] { request }. { $canceller-name } heeft dit verzoek als administratieve contactpersoon voor de dienst geannuleerd. Er is niets veranderd.
    [operator] { request }. Ons team heeft dit verzoek geannuleerd. Er is niets veranderd.
   *[service-deleted] { request }. Deze dienst is verwijderd. Daarmee is ook het verzoek geannuleerd.
}

expired-subject = Verlopen: nieuwe { roles } voor { $service }
expired-title = Het verzoek is verlopen
expired-opening = { request }. Dit verzoek is verlopen omdat niet alle bevestigingen op tijd binnen waren. Er is niets veranderd.
expired-note = Als de wijziging nog steeds gewenst is, kan die opnieuw worden aangevraagd.

failed-subject = Niet meer mogelijk: nieuwe { roles } voor { $service }
failed-title = De wijziging is niet meer mogelijk
failed-opening = { request }. We hebben dit verzoek moeten beëindigen. Er is niets gewijzigd.
failed-cause = { $cause ->
    [incumbent-replaced] { $part ->
        [requester-leaving] De reden: u vervult { $role-count ->
            [one] deze rol niet meer
           *[other] deze rollen niet meer allemaal
        }.
       *[other] De reden: { $incumbent } vervult { $role-count ->
            [one] deze rol niet meer
           *[other] deze rollen niet meer allemaal
        }.
    }
   *[requester-not-permitted] { $part ->
        [nominee] De reden: { $requester } heeft niet meer het recht om deze wijziging aan te vragen.
        [nominee-after-requester] De reden: { $requester } heeft niet meer het recht om deze wijziging aan te vragen.
       *[other] De reden: u hebt niet meer het recht om deze wijziging aan te vragen.
    }
}

codes-dead = Codes die voor dit verzoek zijn verstuurd, werken niet meer.

## Adres gewijzigd: gaat naar het oude adres

address-changed-subject = Het e-mailadres van uw account { $account } is gewijzigd
address-changed-title = Uw e-mailadres is gewijzigd
address-changed-opening = Het e-mailadres van uw account { $account } is gewijzigd. Dit is het oude adres: vanaf nu schrijven we u op het nieuwe adres.
address-changed-codes = Codes die we voor openstaande verzoeken naar dit adres hebben gestuurd, werken niet meer. Nieuwe codes kunnen naar het nieuwe adres worden gestuurd.
address-changed-warning = Hebt u deze wijziging zelf doorgevoerd? Dan hoeft u niets te doen. Was u het niet? Neem dan direct contact op met ons supportteam.

## Niet bezorgd: de code van een van de partijen kon niet worden bezorgd; gaat naar de andere partij. $unreached is wie geen code heeft

undelivered-subject = Niet bezorgd: een code voor { $service }
undelivered-title = Een code kon niet worden bezorgd
undelivered-opening = { request }. We konden de code voor dit verzoek niet bezorgen bij { $unreached }: ons bericht aan het e-mailadres van dit account is geweigerd.
undelivered-note = Het verzoek blijft open, maar kan zonder deze code niet worden afgerond. Het verloopt op { expiry }.
undelivered-advice = Als het kan, laat dit dan weten aan { $unreached }. Zodra het e-mailadres van het account is gecorrigeerd, kan de code opnieuw worden verstuurd.

## Test: verstuurd door een medewerker, om te zien of berichten aankomen

test-subject = Testbericht
test-title = Dit is een testbericht
test-opening = We hebben dit bericht gestuurd om te controleren of onze berichten u bereiken. Het is aangekomen.
