# Che cosa dicono i messaggi di Relevo, in italiano. A chi legge si dà del Lei. Le variabili sono spiegate in en.ftl.
#
# I nomi restano come sono: nessun participio che si accordi con la persona nominata o con chi legge, e niente "a" o "e"
# subito prima di un nome (ad Anna, ed Elena). Le forme di cortesia (Lei, Le, Suo) hanno la maiuscola: "il suo posto",
# minuscolo, è quello di chi fa la richiesta.

## Parole di cui sono fatti gli altri messaggi

roles = { $roles ->
    [administrator] contatto amministratore
    [technical] contatto tecnico
    [billing] contatto di fatturazione
    [administrator-technical] contatto amministratore e tecnico
    [administrator-billing] contatto amministratore e di fatturazione
    [technical-billing] contatto tecnico e di fatturazione
   *[administrator-technical-billing] contatto amministratore, tecnico e di fatturazione
}

expiry = { $weekday ->
    [1] lunedì
    [2] martedì
    [3] mercoledì
    [4] giovedì
    [5] venerdì
    [6] sabato
   *[7] domenica
} { $day ->
    [1] 1º
   *[other] { $day }
} { $month ->
    [1] gennaio
    [2] febbraio
    [3] marzo
    [4] aprile
    [5] maggio
    [6] giugno
    [7] luglio
    [8] agosto
    [9] settembre
    [10] ottobre
    [11] novembre
   *[12] dicembre
} { $year } alle ore { $time } UTC

request = { $part ->
    [requester] la Sua richiesta di sostituire { $incumbent } con { $nominee } come { roles } del servizio { $service }
    [requester-leaving] la Sua richiesta di farsi sostituire da { $nominee } come { roles } del servizio { $service }
    [nominee] la richiesta con cui { $requester } Le ha proposto di prendere il posto di { $incumbent } come { roles } del servizio { $service }
    [nominee-after-requester] la richiesta con cui { $requester } Le ha proposto di prendere il suo posto come { roles } del servizio { $service }
   *[sole] la Sua richiesta di prendere il posto di { $incumbent } come { roles } del servizio { $service }
}

# La legge chi è stato proposto, quando è chi ha fatto la richiesta a chiuderla. Il soggetto è chi ha fatto la richiesta.
offer = { $part ->
    [nominee] la richiesta con cui Le proponeva di prendere il posto di { $incumbent } come { roles } del servizio { $service }
   *[nominee-after-requester] la richiesta con cui Le proponeva di prendere il suo posto come { roles } del servizio { $service }
}

## Parti comuni a più messaggi

greeting = Gentile { $name },
details = Dettagli della richiesta
colon = :
label-service = Servizio
service-named = { $service-name }, { $service } ({ $service-kind })
service-plain = { $service } ({ $service-kind })
label-roles = { $role-count ->
    [one] Ruolo
   *[other] Ruoli
}
label-requester = Richiesta da
label-incumbent = { $stage ->
    [asked] Contatto attuale
    [done] Contatto precedente
   *[ended] Contatto da sostituire
}
label-nominee = { $stage ->
    [ended] Contatto proposto
   *[other] Nuovo contatto
}
label-expiry = Rispondere entro
label-change = Numero della richiesta
you = Lei, { $person }
nothing-to-do = Non è necessario fare nulla.
footer = Questo è un messaggio automatico per { $recipient }. Per qualsiasi domanda può rivolgersi alla nostra assistenza clienti.

## Conferma e promemoria: chiedono una decisione

confirm-subject = { $part ->
    [requester] Da confermare: nuovo { roles } per { $service }
    [requester-leaving] Da confermare: nuovo { roles } per { $service }
    [nominee] Le viene proposto il ruolo di { roles } per { $service }
    [nominee-after-requester] Le viene proposto il ruolo di { roles } per { $service }
   *[sole] Da confermare: il ruolo di { roles } per { $service }
}
confirm-title = { $part ->
    [requester] Confermi la Sua richiesta
    [requester-leaving] Confermi la Sua richiesta
    [nominee] Accetta il ruolo di { roles }?
    [nominee-after-requester] Accetta il ruolo di { roles }?
   *[sole] Confermi la Sua richiesta
}
confirm-opening = { $part ->
    [requester] Lei ha chiesto di sostituire { $incumbent } con { $nominee } come { roles } del servizio { $service }. La preghiamo di accettare o rifiutare la modifica con il codice di verifica riportato qui sotto.
    [requester-leaving] Lei ha chiesto di farsi sostituire da { $nominee } come { roles } del servizio { $service }. La preghiamo di accettare o rifiutare la modifica con il codice di verifica riportato qui sotto.
    [nominee] { $requester } Le propone di prendere il posto di { $incumbent } come { roles } del servizio { $service }. La preghiamo di accettare o rifiutare la richiesta con il codice di verifica riportato qui sotto.
    [nominee-after-requester] { $requester } Le propone di prendere il suo posto come { roles } del servizio { $service }. La preghiamo di accettare o rifiutare la richiesta con il codice di verifica riportato qui sotto.
   *[sole] Lei ha chiesto di prendere il posto di { $incumbent } come { roles } del servizio { $service }. La preghiamo di accettare o rifiutare la modifica con il codice di verifica riportato qui sotto.
}
confirm-effect = { $part ->
    [requester] La modifica avrà effetto non appena l’avranno accettata sia Lei sia { $nominee }.
    [requester-leaving] La modifica avrà effetto non appena l’avranno accettata sia Lei sia { $nominee }.
    [nominee] La modifica avrà effetto non appena l’avranno accettata sia Lei sia { $requester }.
    [nominee-after-requester] La modifica avrà effetto non appena l’avranno accettata sia Lei sia { $requester }.
   *[sole] Non servono altre conferme: la modifica avrà effetto non appena Lei l’avrà accettata.
}
confirm-terms = Se accetta il ruolo, accetta anche le condizioni di questo servizio.
confirm-refuse = { $part ->
    [requester] Se questa richiesta non proviene da Lei o non è più attuale, La preghiamo di rifiutarla nella stessa pagina e con lo stesso codice.
    [requester-leaving] Se questa richiesta non proviene da Lei o non è più attuale, La preghiamo di rifiutarla nella stessa pagina e con lo stesso codice.
    [nominee] Se non desidera assumere questo ruolo, può rifiutare la richiesta nella stessa pagina e con lo stesso codice.
    [nominee-after-requester] Se non desidera assumere questo ruolo, può rifiutare la richiesta nella stessa pagina e con lo stesso codice.
   *[sole] Se questa richiesta non proviene da Lei o non è più attuale, La preghiamo di rifiutarla nella stessa pagina e con lo stesso codice.
}
confirm-ignore = Senza una Sua risposta non cambierà nulla. La richiesta scade { expiry }.

code-label = Il Suo codice di verifica
code-note = È personale e può essere usato una sola volta. Non lo comunichi a nessuno: noi non Glielo chiederemo mai.
link-label = Risponda alla richiesta
link-note = Con questo link il codice viene inserito automaticamente:

reminder-subject = In attesa della Sua risposta: { roles } per { $service }
reminder-title = Siamo ancora in attesa della Sua risposta
reminder-opening = Una richiesta è ancora in attesa della Sua risposta. Scade { expiry }.

## Effettuata, sostituito, passato: i ruoli hanno un nuovo titolare

done-subject = { $part ->
    [requester] Modifica effettuata: nuovo { roles } per { $service }
    [requester-leaving] Modifica effettuata: nuovo { roles } per { $service }
    [nominee] Ora Lei è { roles } per { $service }
    [nominee-after-requester] Ora Lei è { roles } per { $service }
   *[sole] Ora Lei è { roles } per { $service }
}
done-title = La modifica è stata effettuata
done-opening = { $part ->
    [requester] { $nominee } ha preso il posto di { $incumbent } come { roles } del servizio { $service }.
    [requester-leaving] { $nominee } ha preso il Suo posto come { roles } del servizio { $service }.
    [nominee] Lei ha preso il posto di { $incumbent } come { roles } del servizio { $service }.
    [nominee-after-requester] Lei ha preso il posto di { $incumbent } come { roles } del servizio { $service }.
   *[sole] Lei ha preso il posto di { $incumbent } come { roles } del servizio { $service }.
}
done-note = Abbiamo ricevuto tutte le conferme e la modifica è già effettiva.

replaced-subject = Lei non è più { roles } per { $service }
replaced-title = Un nuovo contatto ha preso il Suo posto
replaced-opening = { $nominee } ha preso il Suo posto come { roles } del servizio { $service }.
replaced-note = Questa modifica è stata richiesta da { $requester } ed è stata confermata. Se non se l’aspettava, si rivolga alla nostra assistenza clienti.

passed-subject = Nuovo { roles } per { $service }
passed-title = Un contatto del Suo servizio è cambiato
passed-opening = { $nominee } ha preso il posto di { $incumbent } come { roles } del servizio { $service }.
passed-note = Questa modifica è stata richiesta da { $requester } ed è stata confermata. Riceve questo messaggio perché Lei è il contatto amministratore del servizio.

## Rifiutata, annullata, scaduta, non più possibile: non è cambiato nulla

refused-subject = Richiesta rifiutata: { roles } per { $service }
refused-title = La richiesta è stata rifiutata
refused-opening = { $part ->
    [requester] { $refuser } ha rifiutato di prendere il posto di { $incumbent } come { roles } del servizio { $service }. La richiesta è chiusa e non è cambiato nulla.
    [requester-leaving] { $refuser } ha rifiutato di prendere il Suo posto come { roles } del servizio { $service }. La richiesta è chiusa e non è cambiato nulla.
   *[nominee] { $refuser } ha rifiutato di confermare { offer }. La richiesta è chiusa e non è cambiato nulla.
}
reason-label = Motivo indicato:

cancelled-subject = Richiesta annullata: { roles } per { $service }
cancelled-title = La richiesta è stata annullata
cancelled-opening = { $canceller ->
    [requester] { $canceller-name } ha annullato { offer }. Non è cambiato nulla.
    [account] { $canceller-name } ha annullato { request }. Non è cambiato nulla.
    [administrator] Il contatto amministratore del servizio ({ $canceller-name }) ha annullato { request }. Non è cambiato nulla.
    [operator] Il nostro team ha annullato { request }. Non è cambiato nulla.
   *[service-deleted] Il servizio { $service } è stato eliminato. Di conseguenza è stata annullata { request }.
}

expired-subject = Richiesta scaduta: { roles } per { $service }
expired-title = La richiesta è scaduta
expired-opening = Non tutte le conferme sono arrivate in tempo. Per questo è scaduta { request }. Non è cambiato nulla.
expired-note = Se la modifica è ancora attuale, è possibile richiederla di nuovo.

failed-subject = Modifica non più possibile: { roles } per { $service }
failed-title = La modifica non è più possibile
failed-opening = Abbiamo dovuto chiudere { request }. La richiesta non ha comportato alcuna modifica.
failed-cause = { $cause ->
    [incumbent-replaced] { $part ->
        [requester-leaving] Motivo: Lei non ricopre più { $role-count ->
            [one] questo ruolo
           *[other] tutti questi ruoli
        }.
       *[other] Motivo: { $incumbent } non ricopre più { $role-count ->
            [one] questo ruolo
           *[other] tutti questi ruoli
        }.
    }
   *[requester-not-permitted] { $part ->
        [nominee] Motivo: { $requester } non ha più i diritti necessari per richiedere questa modifica.
        [nominee-after-requester] Motivo: { $requester } non ha più i diritti necessari per richiedere questa modifica.
       *[other] Motivo: Lei non ha più i diritti necessari per richiedere questa modifica.
    }
}

codes-dead = I codici di verifica inviati per questa richiesta non sono più validi.

## Indirizzo modificato: va al vecchio indirizzo

address-changed-subject = L’indirizzo e-mail del Suo account { $account } è stato modificato
address-changed-title = Il Suo indirizzo e-mail è stato modificato
address-changed-opening = L’indirizzo e-mail del Suo account { $account } è stato modificato. Questo è il vecchio indirizzo: d’ora in poi Le scriveremo a quello nuovo.
address-changed-codes = I codici di verifica inviati a questo indirizzo per richieste ancora aperte non sono più validi. Nuovi codici possono essere inviati al nuovo indirizzo.
address-changed-warning = Se ha effettuato Lei questa modifica, non è necessario fare nulla. In caso contrario, si rivolga subito alla nostra assistenza clienti.

## Non recapitato: il codice di una delle parti non è stato recapitato; va all’altra parte. $unreached è chi è senza codice

undelivered-subject = Non recapitato: un codice di verifica per { $service }
undelivered-title = Non è stato possibile recapitare un codice di verifica
undelivered-opening = Il codice di verifica per { $unreached } non è stato recapitato: il nostro messaggio all’indirizzo e-mail di questo account è stato respinto. Il codice riguarda { request }.
undelivered-note = La richiesta resta aperta, ma senza questo codice non può essere completata. Scade { expiry }.
undelivered-advice = Se può, avvisi { $unreached }. Non appena l’indirizzo e-mail dell’account sarà stato corretto, il codice potrà essere inviato di nuovo.

## Prova: la invia un operatore, per vedere se i messaggi arrivano

test-subject = Messaggio di prova
test-title = Questo è un messaggio di prova
test-opening = Abbiamo inviato questo messaggio per verificare che i nostri messaggi Le arrivino. Questo è arrivato.
