# Ce que dit la page vers laquelle mènent les liens, en français. Elle partage les mots des messages. Les variables sont expliquées dans ../en.ftl.

page-language = Français
page-languages = Langue
page-footer = Pour toute question, contactez notre service client.

## Le code

page-code-title = Répondre à une demande
page-code-opening = Saisissez le code de vérification indiqué dans notre message. La demande s’affichera, et vous pourrez l’accepter ou la refuser.
page-code-hint = Il comporte 32 lettres et chiffres. Les majuscules, les espaces et les tirets n’ont pas d’importance.
page-look = Afficher la demande
page-wrong = Ce code n’est pas celui de cette demande. Vérifiez-le, ou ouvrez à nouveau le lien de notre message.

## La question

page-confirm-opening = { $part ->
    [requester] Vous avez demandé à remplacer { $incumbent } par { $nominee } en tant que { roles } du service { $service }.
    [requester-leaving] Vous avez demandé à vous faire remplacer par { $nominee } en tant que { roles } du service { $service }.
    [nominee] { $requester } vous propose de remplacer { $incumbent } en tant que { roles } du service { $service }.
    [nominee-after-requester] { $requester } vous propose de lui succéder en tant que { roles } du service { $service }.
   *[sole] Vous avez demandé à succéder à { $incumbent } en tant que { roles } du service { $service }.
}
page-powers-title = { $part ->
    [requester] Ce que { $nominee } pourra faire
    [requester-leaving] Ce que { $nominee } pourra faire
   *[other] Ce que vous pourrez faire
}
page-power-administrator = Gérer l’ensemble du service et remplacer chacun de ses contacts
page-power-technical = S’occuper de la partie technique du service et céder ce rôle à quelqu’un d’autre
page-power-billing = Recevoir et payer les factures du service et céder ce rôle à quelqu’un d’autre
page-parties = Qui doit accepter
page-party = { $decision ->
    [accepted] accepté
    [refused] refusé
   *[pending] pas encore de réponse
}
page-answer = Votre réponse
page-accept = Accepter
page-refuse = Refuser
page-refuse-note = Si vous refusez, la demande prend fin aussitôt et rien ne change.
page-reason = Motif (facultatif)
page-reason-hint = 500 caractères au plus, sans adresse web. Les personnes concernées par la demande pourront le lire.
page-reason-wrong = Vous n’avez pas encore refusé : le motif ne doit pas dépasser 500 caractères ni contenir d’adresse web comme example.com.

## Après la réponse

page-waiting-title = Vous avez accepté
page-waiting-opening = Le changement prendra effet dès que { $other } l’aura accepté également. D’ici là, rien ne change. La demande expire le { expiry }.
page-refused-title = Vous avez refusé
page-refused-opening = La demande a pris fin, et rien n’a changé.
page-cancelled-opening = Vous l’avez annulée vous-même. Rien n’a changé.
page-ended = La demande a pris fin. Ses codes de vérification ne sont plus valables.

## Un code remplacé

page-superseded-title = Ce code n’est plus valable
page-superseded-opening = Nous vous en avons envoyé un plus récent depuis, ou l’adresse e-mail de votre compte a été modifiée. Utilisez le code de notre dernier message.
page-superseded-offer = Si vous ne le trouvez pas, nous pouvons vous envoyer un nouveau code, à l’adresse e-mail actuelle de votre compte.
page-resend = Recevoir un nouveau code
page-resent-title = Un nouveau code est en route
page-resent-opening = Nous l’envoyons à l’adresse e-mail de votre compte. Ouvrez le lien de ce message, ou saisissez ici le nouveau code.
page-resend-limited-title = Nous venons d’envoyer un code
page-resend-limited-opening = Cherchez-le parmi vos messages. Vous pourrez en faire envoyer un autre dans { page-wait }.
page-resend-over-title = Aucun autre code ne peut être envoyé
page-resend-over-opening = Le code de notre dernier message reste valable. Si vous ne le trouvez pas, contactez notre service client.

## Ce qui fait obstacle

page-overdue-title = Une facture est en retard
page-overdue-opening = { $whose ->
    [own] Le changement ne peut pas encore prendre effet : votre compte { $debtor } a une facture en retard.
   *[other] Le changement ne peut pas encore prendre effet : { $debtor } a une facture en retard.
}
page-overdue-note = Vous n’avez pas encore accepté. Une fois la facture payée, réessayez : votre code reste valable. La demande expire le { expiry }.
page-again = Réessayer
page-limited-title = Trop de tentatives
page-limited-opening = Réessayez dans { page-wait }. Votre code reste valable.
# Suit « dans ».
page-wait = { $unit ->
    [seconds] { $count ->
        [1] une seconde
       *[other] { $count } secondes
    }
    [minutes] { $count ->
        [1] une minute
       *[other] { $count } minutes
    }
   *[hours] { $count ->
        [1] une heure
       *[other] { $count } heures
    }
}
page-unavailable-title = Cela ne fonctionne pas pour le moment
page-unavailable-opening = Réessayez dans un instant. Votre code reste valable et, quel que soit le nombre d’essais, votre réponse ne compte qu’une fois.
page-fault-title = Une erreur s’est produite de notre côté
page-fault-opening = Nous en avons pris note. Réessayez plus tard, ou contactez notre service client.
page-foreign-title = Passez par notre message
page-foreign-opening = Cette réponse ne vient pas de notre page, et rien n’a été fait. Ouvrez le lien de notre message. Si une autre page vous a mené ici, contactez notre service client.
page-nothing-title = Il n’y a rien ici
page-nothing-opening = Pour répondre à une demande, ouvrez le lien complet de notre message.
