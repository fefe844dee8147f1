# Che cosa dice la pagina a cui portano i link, in italiano. Condivide le parole dei messaggi. Le variabili sono spiegate in ../en.ftl.

page-language = Italiano
page-languages = Lingua
page-footer = Per qualsiasi domanda può rivolgersi alla nostra assistenza clienti.

## Il codice

page-code-title = Rispondere a una richiesta
page-code-opening = Inserisca il codice di verifica del nostro messaggio. Vedrà la richiesta e potrà accettarla o rifiutarla.
page-code-hint = È composto da 32 lettere e cifre. Maiuscole, spazi e trattini non contano.
page-look = Mostra la richiesta
page-wrong = Questo codice non è quello di questa richiesta. Lo controlli, oppure apra di nuovo il link del nostro messaggio.

## La domanda

page-confirm-opening = { $part ->
    [requester] Lei ha chiesto di sostituire { $incumbent } con { $nominee } come { roles } del servizio { $service }.
    [requester-leaving] Lei ha chiesto di farsi sostituire da { $nominee } come { roles } del servizio { $service }.
    [nominee] { $requester } Le propone di prendere il posto di { $incumbent } come { roles } del servizio { $service }.
    [nominee-after-requester] { $requester } Le propone di prendere il suo posto come { roles } del servizio { $service }.
   *[sole] Lei ha chiesto di prendere il posto di { $incumbent } come { roles } del servizio { $service }.
}
page-powers-title = { $part ->
    [requester] Che cosa potrà fare { $nominee }
    [requester-leaving] Che cosa potrà fare { $nominee }
   *[other] Che cosa potrà fare Lei
}
page-power-administrator = Gestire l’intero servizio e sostituire ciascuno dei suoi contatti
page-power-technical = Occuparsi della parte tecnica del servizio e cedere questo ruolo ad altri
page-power-billing = Ricevere e pagare le fatture del servizio e cedere questo ruolo ad altri
page-parties = Chi deve accettare
page-party = { $decision ->
    [accepted] accettato
    [refused] rifiutato
   *[pending] ancora nessuna risposta
}
page-answer = La Sua risposta
page-accept = Accetta
page-refuse = Rifiuta
page-refuse-note = Se rifiuta, la richiesta termina subito e non cambia nulla.
page-reason = Motivo (facoltativo)
page-reason-hint = Al massimo 500 caratteri, senza indirizzi web. Potrà leggerlo chi partecipa alla richiesta.
page-reason-wrong = Non ha ancora rifiutato: il motivo può avere al massimo 500 caratteri e nessun indirizzo web come example.com.

## Dopo la risposta

page-waiting-title = Ha accettato la richiesta
page-waiting-opening = La modifica avrà effetto non appena l’avrà accettata anche { $other }. Fino ad allora non cambia nulla. La richiesta scade { expiry }.
page-refused-title = Ha rifiutato la richiesta
page-refused-opening = La richiesta è terminata e non è cambiato nulla.
page-cancelled-opening = L’ha annullata Lei. Non è cambiato nulla.
page-ended = La richiesta è terminata. I suoi codici di verifica non sono più validi.

## Un codice sostituito

page-superseded-title = Questo codice non è più valido
page-superseded-opening = Nel frattempo ne abbiamo inviato uno più recente, oppure l’indirizzo e-mail del Suo account è stato modificato. Usi il codice del nostro ultimo messaggio.
page-superseded-offer = Se non lo trova, possiamo inviarLe un nuovo codice all’indirizzo e-mail attuale del Suo account.
page-resend = Inviami un nuovo codice
page-resent-title = Un nuovo codice è in arrivo
page-resent-opening = Lo stiamo inviando all’indirizzo e-mail del Suo account. Apra il link di quel messaggio, oppure inserisca qui il nuovo codice.
page-resend-limited-title = Abbiamo appena inviato un codice
page-resend-limited-opening = Lo cerchi tra i Suoi messaggi. Potrà farsene inviare un altro tra { page-wait }.
page-resend-over-title = Non è possibile inviare altri codici
page-resend-over-opening = Il codice del nostro ultimo messaggio resta valido. Se non lo trova, si rivolga alla nostra assistenza clienti.

## Che cosa lo impedisce

page-overdue-title = Una fattura è scaduta
page-overdue-opening = { $whose ->
    [own] La modifica non può ancora avere effetto: il Suo account { $debtor } ha una fattura scaduta.
   *[other] La modifica non può ancora avere effetto: { $debtor } ha una fattura scaduta.
}
page-overdue-note = Non ha ancora accettato. Quando la fattura sarà stata pagata, riprovi: il Suo codice resta valido. La richiesta scade { expiry }.
page-again = Riprova
page-limited-title = Troppi tentativi
page-limited-opening = Riprovi tra { page-wait }. Il Suo codice resta valido.
# Segue «tra».
page-wait = { $unit ->
    [seconds] { $count ->
        [1] un secondo
       *[other] { $count } secondi
    }
    [minutes] { $count ->
        [1] un minuto
       *[other] { $count } minuti
    }
   *[hours] { $count ->
        [1] un’ora
       *[other] { $count } ore
    }
}
page-unavailable-title = Al momento non funziona
page-unavailable-opening = Riprovi tra un momento. Il Suo codice resta valido e, per quante volte provi, la Sua risposta conta una sola volta.
page-fault-title = Qualcosa non ha funzionato da parte nostra
page-fault-opening = L’errore è stato registrato. Riprovi più tardi, oppure si rivolga alla nostra assistenza clienti.
page-foreign-title = Parta dal nostro messaggio
page-foreign-opening = Questa risposta non proviene dalla nostra pagina e non è stato fatto nulla. Apra il link del nostro messaggio. Se è arrivato qui da un’altra pagina, si rivolga alla nostra assistenza clienti.
page-nothing-title = Qui non c’è nulla
page-nothing-opening = Per rispondere a una richiesta, apra il link completo del nostro messaggio.
