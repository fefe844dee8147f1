# Ce que disent les messages de Relevo, en français (France). On vouvoie la personne qui lit. Les variables sont expliquées dans en.ftl.
#
# Les noms restent tels quels : pas de mot à élider (de, que) devant un nom, pas d’accord avec la personne nommée ni avec
# celle qui lit. Espaces : insécable (U+00A0) avant les deux-points, fine insécable (U+202F) avant le point d’interrogation.

## Mots dont les autres messages sont composés

roles = { $roles ->
    [administrator] contact administrateur
    [technical] contact technique
    [billing] contact facturation
    [administrator-technical] contact administrateur et technique
    [administrator-billing] contact administrateur et facturation
    [technical-billing] contact technique et facturation
   *[administrator-technical-billing] contact administrateur, technique et facturation
}

expiry = { $weekday ->
    [1] lundi
    [2] mardi
    [3] mercredi
    [4] jeudi
    [5] vendredi
    [6] samedi
   *[7] dimanche
} { $day ->
    [1] 1er
   *[other] { $day }
} { $month ->
    [1] janvier
    [2] février
    [3] mars
    [4] avril
    [5] mai
    [6] juin
    [7] juillet
    [8] août
    [9] septembre
    [10] octobre
    [11] novembre
   *[12] décembre
} { $year } à { $time } UTC

request = { $part ->
    [requester] votre demande visant à remplacer { $incumbent } par { $nominee } en tant que { roles } du service { $service }
    [requester-leaving] votre demande visant à vous faire remplacer par { $nominee } en tant que { roles } du service { $service }
    [nominee] la demande par laquelle { $requester } vous a proposé de remplacer { $incumbent } en tant que { roles } du service { $service }
    [nominee-after-requester] la demande par laquelle { $requester } vous a proposé de lui succéder en tant que { roles } du service { $service }
   *[sole] votre demande visant à succéder à { $incumbent } en tant que { roles } du service { $service }
}

# Lu par la personne proposée lorsque l’auteur de la demande y met fin.
offer = { $part ->
    [nominee] la demande vous proposant de remplacer { $incumbent } en tant que { roles } du service { $service }
   *[nominee-after-requester] la demande vous proposant de lui succéder en tant que { roles } du service { $service }
}

## Parties communes à plusieurs messages

greeting = Bonjour { $name },
details = Détails de la demande
colon = {"\u00A0"}:
label-service = Service
service-named = { $service-name }, { $service } ({ $service-kind })
service-plain = { $service } ({ $service-kind })
label-roles = { $role-count ->
    [one] Rôle
   *[other] Rôles
}
label-requester = Demande faite par
label-incumbent = { $stage ->
    [asked] Contact actuel
    [done] Ancien contact
   *[ended] Contact à remplacer
}
label-nominee = { $stage ->
    [ended] Contact proposé
   *[other] Nouveau contact
}
label-expiry = Date limite
label-change = Numéro de demande
you = { $person }, vous-même
nothing-to-do = Aucune action n’est nécessaire de votre part.
footer = Ce message a été envoyé automatiquement à { $recipient }. Pour toute question, contactez notre service client.

## Confirmation et rappel : une décision est demandée

confirm-subject = { $part ->
    [requester] À confirmer : nouveau { roles } pour { $service }
    [requester-leaving] À confirmer : nouveau { roles } pour { $service }
    [nominee] On vous propose le rôle de { roles } pour { $service }
    [nominee-after-requester] On vous propose le rôle de { roles } pour { $service }
   *[sole] À confirmer : votre rôle de { roles } pour { $service }
}
confirm-title = { $part ->
    [requester] Veuillez confirmer votre demande
    [requester-leaving] Veuillez confirmer votre demande
    [nominee] Acceptez-vous le rôle de { roles } ?
    [nominee-after-requester] Acceptez-vous le rôle de { roles } ?
   *[sole] Veuillez confirmer votre demande
}
confirm-opening = { $part ->
    [requester] Vous avez demandé à remplacer { $incumbent } par { $nominee } en tant que { roles } du service { $service }. Veuillez accepter ou refuser ce changement à l’aide du code de vérification ci-dessous.
    [requester-leaving] Vous avez demandé à vous faire remplacer par { $nominee } en tant que { roles } du service { $service }. Veuillez accepter ou refuser ce changement à l’aide du code de vérification ci-dessous.
    [nominee] { $requester } vous propose de remplacer { $incumbent } en tant que { roles } du service { $service }. Veuillez accepter ou refuser cette demande à l’aide du code de vérification ci-dessous.
    [nominee-after-requester] { $requester } vous propose de lui succéder en tant que { roles } du service { $service }. Veuillez accepter ou refuser cette demande à l’aide du code de vérification ci-dessous.
   *[sole] Vous avez demandé à succéder à { $incumbent } en tant que { roles } du service { $service }. Veuillez accepter ou refuser ce changement à l’aide du code de vérification ci-dessous.
}
confirm-effect = { $part ->
    [requester] Le changement prendra effet dès que vous et { $nominee } l’aurez accepté.
    [requester-leaving] Le changement prendra effet dès que vous et { $nominee } l’aurez accepté.
    [nominee] Le changement prendra effet dès que vous et { $requester } l’aurez accepté.
    [nominee-after-requester] Le changement prendra effet dès que vous et { $requester } l’aurez accepté.
   *[sole] Aucune autre confirmation n’est nécessaire : le changement prendra effet dès que vous l’aurez accepté.
}
confirm-terms = En acceptant ce rôle, vous acceptez également les conditions de ce service.
confirm-refuse = { $part ->
    [requester] Si vous n’êtes pas à l’origine de cette demande, ou si elle n’est plus d’actualité, veuillez la refuser sur la même page, avec le même code.
    [requester-leaving] Si vous n’êtes pas à l’origine de cette demande, ou si elle n’est plus d’actualité, veuillez la refuser sur la même page, avec le même code.
    [nominee] Si vous ne souhaitez pas assumer ce rôle, vous pouvez refuser la demande sur la même page, avec le même code.
    [nominee-after-requester] Si vous ne souhaitez pas assumer ce rôle, vous pouvez refuser la demande sur la même page, avec le même code.
   *[sole] Si vous n’êtes pas à l’origine de cette demande, ou si elle n’est plus d’actualité, veuillez la refuser sur la même page, avec le même code.
}
confirm-ignore = Sans réponse de votre part, rien ne changera. La demande expire le { expiry }.

code-label = Votre code de vérification
code-note = Il est personnel et ne peut servir qu’une seule fois. Ne le communiquez à personne : nous ne vous le demanderons jamais.
link-label = Répondre à la demande
link-note = Avec ce lien, le code est saisi automatiquement :

reminder-subject = En attente de votre réponse : { roles } pour { $service }
reminder-title = Nous attendons toujours votre réponse
reminder-opening = Une demande attend toujours votre réponse. Elle expire le { expiry }.

## Effectué, remplacé, transmis : les rôles ont changé de titulaire

done-subject = { $part ->
    [requester] C’est fait : nouveau { roles } pour { $service }
    [requester-leaving] C’est fait : nouveau { roles } pour { $service }
    [nominee] Vous êtes désormais { roles } pour { $service }
    [nominee-after-requester] Vous êtes désormais { roles } pour { $service }
   *[sole] Vous êtes désormais { roles } pour { $service }
}
done-title = Le changement a été effectué
done-opening = { $part ->
    [requester] { $nominee } remplace désormais { $incumbent } en tant que { roles } du service { $service }.
    [requester-leaving] { $nominee } vous remplace désormais en tant que { roles } du service { $service }.
    [nominee] Vous remplacez désormais { $incumbent } en tant que { roles } du service { $service }.
    [nominee-after-requester] Vous remplacez désormais { $incumbent } en tant que { roles } du service { $service }.
   *[sole] Vous remplacez désormais { $incumbent } en tant que { roles } du service { $service }.
}
done-note = Nous avons reçu toutes les confirmations et le changement est déjà effectif.

replaced-subject = Vous n’êtes plus { roles } pour { $service }
replaced-title = Un nouveau contact a pris le relais
replaced-opening = { $nominee } vous remplace désormais en tant que { roles } du service { $service }.
replaced-note = Ce changement a été demandé par { $requester }, puis confirmé. Si vous ne vous y attendiez pas, contactez notre service client.

passed-subject = Nouveau { roles } pour { $service }
passed-title = Un contact de votre service a changé
passed-opening = { $nominee } remplace désormais { $incumbent } en tant que { roles } du service { $service }.
passed-note = Ce changement a été demandé par { $requester }, puis confirmé. Vous recevez ce message en tant que contact administrateur du service.

## Refusé, annulé, expiré, devenu impossible : rien n’a changé

refused-subject = Demande refusée : { roles } pour { $service }
refused-title = La demande a été refusée
refused-opening = { $part ->
    [requester] { $refuser } a refusé de remplacer { $incumbent } en tant que { roles } du service { $service }. La demande est close et rien n’a changé.
    [requester-leaving] { $refuser } a refusé de vous remplacer en tant que { roles } du service { $service }. La demande est close et rien n’a changé.
   *[nominee] { $refuser } a refusé de confirmer { offer }. La demande est close et rien n’a changé.
}
reason-label = Motif indiqué :

cancelled-subject = Demande annulée : { roles } pour { $service }
cancelled-title = La demande a été annulée
cancelled-opening = { $canceller ->
    [requester] { $canceller-name } a annulé { offer }. Rien n’a changé.
    [account] { $canceller-name } a annulé { request }. Rien n’a changé.
    [administrator] Le contact administrateur du service ({ $canceller-name }) a annulé { request }. Rien n’a changé.
    [operator] Notre équipe a annulé { request }. Rien n’a changé.
   *[service-deleted] Le service { $service } a été supprimé, ce qui a annulé { request }.
}

expired-subject = Demande expirée : { roles } pour { $service }
expired-title = La demande a expiré
expired-opening = Les confirmations nécessaires n’ont pas toutes été reçues à temps. Cela a mis fin à { request }. Rien n’a changé.
expired-note = Si ce changement est toujours d’actualité, il peut être demandé à nouveau.

failed-subject = Changement impossible : { roles } pour { $service }
failed-title = Le changement n’est plus possible
failed-opening = Nous avons dû mettre fin à { request }. Cette demande n’a entraîné aucun changement.
failed-cause = { $cause ->
    [incumbent-replaced] { $part ->
        [requester-leaving] Motif : vous n’avez plus { $role-count ->
            [one] ce rôle
           *[other] tous ces rôles
        }.
       *[other] Motif : { $incumbent } n’a plus { $role-count ->
            [one] ce rôle
           *[other] tous ces rôles
        }.
    }
   *[requester-not-permitted] { $part ->
        [nominee] Motif : { $requester } n’a plus les droits nécessaires pour demander ce changement.
        [nominee-after-requester] Motif : { $requester } n’a plus les droits nécessaires pour demander ce changement.
       *[other] Motif : vous n’avez plus les droits nécessaires pour demander ce changement.
    }
}

codes-dead = Les codes de vérification envoyés pour cette demande ne sont plus valables.

## Adresse modifiée : envoyé à l’ancienne adresse

address-changed-subject = L’adresse e-mail de votre compte { $account } a été modifiée
address-changed-title = Votre adresse e-mail a été modifiée
address-changed-opening = L’adresse e-mail de votre compte { $account } a été modifiée. Vous recevez ce message à l’ancienne adresse : désormais, nous vous écrirons à la nouvelle.
address-changed-codes = Les codes de vérification envoyés à cette adresse pour des demandes en cours ne sont plus valables. De nouveaux codes peuvent être envoyés à la nouvelle adresse.
address-changed-warning = Si vous êtes à l’origine de cette modification, aucune action n’est nécessaire de votre part. Sinon, contactez immédiatement notre service client.

## Non remis : le code d’une des parties n’a pas pu être remis ; envoyé à l’autre partie. $unreached est celle qui n’a pas de code

undelivered-subject = Non remis : un code de vérification pour { $service }
undelivered-title = Un code de vérification n’a pas pu être remis
undelivered-opening = Nous n’avons pas pu remettre un code de vérification à { $unreached } : notre message à l’adresse e-mail de ce compte a été refusé. Ce code concerne { request }.
undelivered-note = La demande reste ouverte, mais elle ne peut pas aboutir sans ce code. Elle expire le { expiry }.
undelivered-advice = Si vous le pouvez, prévenez { $unreached }. Dès que l’adresse e-mail du compte aura été corrigée, le code pourra être envoyé à nouveau.

## Essai : envoyé par un opérateur, pour vérifier que les messages arrivent

test-subject = Message de test
test-title = Ceci est un message de test
test-opening = Nous avons envoyé ce message pour vérifier que nos messages vous parviennent. Il est bien arrivé.
