# What Relevo's mails say, in English. The other languages have the same messages, with the same variables.
#
# People arrive as "Display Name (aa123456-ovh)". $part is what the reader is to the request:
#   requester                asked for it, for someone else to be replaced
#   requester-leaving        asked for it, to be replaced
#   nominee                  is named by someone, in the place of a third
#   nominee-after-requester  is named by the one who is to be replaced
#   sole                     asked for it and is named: nobody else confirms
# A language that needs a form of its own (a case, an article) adds it as an attribute of the message.

## Words that the other messages are made of

roles = { $roles ->
    [administrator] administrator
    [technical] technical contact
    [billing] billing contact
    [administrator-technical] administrator and technical contact
    [administrator-billing] administrator and billing contact
    [technical-billing] technical and billing contact
   *[administrator-technical-billing] administrator, technical and billing contact
}

expiry = { $weekday ->
    [1] Monday
    [2] Tuesday
    [3] Wednesday
    [4] Thursday
    [5] Friday
    [6] Saturday
   *[7] Sunday
}, { $day } { $month ->
    [1] January
    [2] February
    [3] March
    [4] April
    [5] May
    [6] June
    [7] July
    [8] August
    [9] September
    [10] October
    [11] November
   *[12] December
} { $year } at { $time } UTC

request = { $part ->
    [requester] your request for { $nominee } to replace { $incumbent } as the { roles } of { $service }
    [requester-leaving] your request for { $nominee } to replace you as the { roles } of { $service }
    [nominee] the request by { $requester } for you to replace { $incumbent } as the { roles } of { $service }
    [nominee-after-requester] the request by { $requester } for you to take over as the { roles } of { $service }
   *[sole] your request to replace { $incumbent } as the { roles } of { $service }
}

# Read by the nominee when the requester himself ends it.
offer = { $part ->
    [nominee] the request for you to replace { $incumbent } as the { roles } of { $service }
   *[nominee-after-requester] the request for you to take over as the { roles } of { $service }
}

## Parts that several mails share

greeting = Hello { $name },
details = The request
# What follows a label on the same line, in the text part.
colon = :
label-service = Service
service-named = { $service-name }, { $service } ({ $service-kind })
service-plain = { $service } ({ $service-kind })
label-roles = { $role-count ->
    [one] Role
   *[other] Roles
}
label-requester = Requested by
label-incumbent = { $stage ->
    [asked] Current contact
    [done] Previous contact
   *[ended] Contact to be replaced
}
label-nominee = { $stage ->
    [ended] Proposed contact
   *[other] New contact
}
label-expiry = Answer by
label-change = Request number
you = { $person }, you
nothing-to-do = There is nothing you need to do.
footer = This message was sent automatically to { $recipient }. If you have any questions, please contact our support team.

## Confirm, and the reminder: asks for a decision

confirm-subject = { $part ->
    [requester] Please confirm: new { roles } for { $service }
    [requester-leaving] Please confirm: new { roles } for { $service }
    [nominee] You are asked to become the { roles } of { $service }
    [nominee-after-requester] You are asked to become the { roles } of { $service }
   *[sole] Please confirm: you as the new { roles } of { $service }
}
confirm-title = { $part ->
    [requester] Please confirm your request
    [requester-leaving] Please confirm your request
    [nominee] Will you take over as the { roles }?
    [nominee-after-requester] Will you take over as the { roles }?
   *[sole] Please confirm your request
}
confirm-opening = { $part ->
    [requester] You asked for { $nominee } to replace { $incumbent } as the { roles } of { $service }. Please accept or refuse with the code below.
    [requester-leaving] You asked for { $nominee } to replace you as the { roles } of { $service }. Please accept or refuse with the code below.
    [nominee] { $requester } asks you to replace { $incumbent } as the { roles } of { $service }. Please accept or refuse with the code below.
    [nominee-after-requester] { $requester } asks you to take over as the { roles } of { $service }. Please accept or refuse with the code below.
   *[sole] You asked to replace { $incumbent } as the { roles } of { $service }. Please accept or refuse with the code below.
}
confirm-effect = { $part ->
    [requester] The change takes effect as soon as both you and { $nominee } have accepted.
    [requester-leaving] The change takes effect as soon as both you and { $nominee } have accepted.
    [nominee] The change takes effect as soon as both you and { $requester } have accepted.
    [nominee-after-requester] The change takes effect as soon as both you and { $requester } have accepted.
   *[sole] Nobody else has to confirm: the change takes effect as soon as you accept.
}
confirm-terms = By accepting, you also accept the terms of this service.
confirm-refuse = { $part ->
    [requester] If you did not ask for this, or no longer want it, please refuse: on the same page, with the same code.
    [requester-leaving] If you did not ask for this, or no longer want it, please refuse: on the same page, with the same code.
    [nominee] If you do not want this role, you can refuse: on the same page, with the same code.
    [nominee-after-requester] If you do not want this role, you can refuse: on the same page, with the same code.
   *[sole] If you did not ask for this, or no longer want it, please refuse: on the same page, with the same code.
}
confirm-ignore = If you ignore this message, nothing changes. The request expires on { expiry }.

code-label = Your code
code-note = It is personal and works only once. Keep it to yourself: we will never ask you for it.
link-label = Answer the request
link-note = This link fills in the code for you:

reminder-subject = Still waiting for your answer: { roles } of { $service }
reminder-title = We are still waiting for your answer
reminder-opening = A request is still waiting for you. It expires on { expiry }.

## Done, replaced, passed: the roles have a new holder

done-subject = { $part ->
    [requester] Done: { $service } has a new { roles }
    [requester-leaving] Done: { $service } has a new { roles }
    [nominee] Done: you are now the { roles } of { $service }
    [nominee-after-requester] Done: you are now the { roles } of { $service }
   *[sole] Done: you are now the { roles } of { $service }
}
done-title = The change is done
done-opening = { $part ->
    [requester] { $nominee } has replaced { $incumbent } as the { roles } of { $service }.
    [requester-leaving] { $nominee } has replaced you as the { roles } of { $service }.
    [nominee] You have replaced { $incumbent } as the { roles } of { $service }.
    [nominee-after-requester] You have replaced { $incumbent } as the { roles } of { $service }.
   *[sole] You have replaced { $incumbent } as the { roles } of { $service }.
}
done-note = Every confirmation was given, and the change is already in effect.

replaced-subject = You are no longer the { roles } of { $service }
replaced-title = Someone else has taken over
replaced-opening = { $nominee } has replaced you as the { roles } of { $service }.
replaced-note = { $requester } asked for this change, and it has been confirmed. If you did not expect it, please contact our support team.

passed-subject = { $service } has a new { roles }
passed-title = A role on your service has a new holder
passed-opening = { $nominee } has replaced { $incumbent } as the { roles } of { $service }.
passed-note = { $requester } asked for this change, and it has been confirmed. You are told because you are the administrator of the service.

## Refused, cancelled, expired, failed: nothing has changed

refused-subject = Refused: new { roles } for { $service }
refused-title = The request was refused
refused-opening = { $part ->
    [requester] { $refuser } has refused to replace { $incumbent } as the { roles } of { $service }. The request has ended, and nothing has changed.
    [requester-leaving] { $refuser } has refused to replace you as the { roles } of { $service }. The request has ended, and nothing has changed.
   *[nominee] { $refuser } has refused to confirm { offer }. The request has ended, and nothing has changed.
}
reason-label = The reason given:

cancelled-subject = Cancelled: new { roles } for { $service }
cancelled-title = The request was cancelled
cancelled-opening = { $canceller ->
    [requester] { $canceller-name } has cancelled { offer }. Nothing has changed.
    [account] { $canceller-name } has cancelled { request }. Nothing has changed.
    [administrator] The administrator of the service ({ $canceller-name }) has cancelled { request }. Nothing has changed.
    [operator] Our team has cancelled { request }. Nothing has changed.
   *[service-deleted] The service { $service } was deleted. This has cancelled { request }.
}

expired-subject = Expired: new { roles } for { $service }
expired-title = The request has expired
expired-opening = Not everyone accepted in time. This has ended { request }. Nothing has changed.
expired-note = If the change is still wanted, it can be requested again.

failed-subject = No longer possible: new { roles } for { $service }
failed-title = The request is no longer possible
failed-opening = We had to end { request }. Nothing was changed by it.
failed-cause = { $cause ->
    [incumbent-replaced] { $part ->
        [requester-leaving] The reason: you no longer hold { $role-count ->
            [one] this role
           *[other] all of these roles
        }.
       *[other] The reason: { $incumbent } no longer holds { $role-count ->
            [one] this role
           *[other] all of these roles
        }.
    }
   *[requester-not-permitted] { $part ->
        [nominee] The reason: { $requester } no longer has the right to ask for this change.
        [nominee-after-requester] The reason: { $requester } no longer has the right to ask for this change.
       *[other] The reason: you no longer have the right to ask for this change.
    }
}

codes-dead = Codes that were sent for this request no longer work.

## Address changed: goes to the old address

address-changed-subject = The e-mail address of your account { $account } was changed
address-changed-title = Your e-mail address was changed
address-changed-opening = The e-mail address of your account { $account } was changed. This is the old address: from now on, we will write to the new one.
address-changed-codes = Codes that we sent to this address for open requests no longer work. New ones can be sent to the new address.
address-changed-warning = If you made this change, there is nothing you need to do. If it was not you, please contact our support team at once.

## Undelivered: the code of one party could not be delivered; goes to the other party. $unreached is the one without a code

undelivered-subject = Not delivered: a code for { $service }
undelivered-title = A code could not be delivered
undelivered-opening = We could not deliver a code to { $unreached }: our message to the e-mail address of this account was refused. The code is for { request }.
undelivered-note = The request stays open, but it cannot be completed without this code. It expires on { expiry }.
undelivered-advice = If you can, please let { $unreached } know. Once the e-mail address of the account has been corrected, the code can be sent again.

## Test: sent by an operator, to see whether mails arrive

test-subject = Test message
test-title = This is a test message
test-opening = We sent this message to find out whether our messages reach you. It has arrived.
