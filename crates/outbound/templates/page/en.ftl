# What the page behind the links says, in English: for the page, with the words of the mails, which it shares. The variables are
# explained in ../en.ftl.

page-language = English
page-languages = Language
page-footer = If you have any questions, please contact our support team.

## The code

page-code-title = Answer a request
page-code-opening = Please enter the code from our message. You will then see the request, and can accept or refuse it.
page-code-hint = It has 32 letters and digits. Capitals, spaces and hyphens make no difference.
page-look = Show the request
page-wrong = This is not the right code for this request. Please check it, or open the link in our message again.

## The question

page-confirm-opening = { $part ->
    [requester] You asked for { $nominee } to replace { $incumbent } as the { roles } of { $service }.
    [requester-leaving] You asked for { $nominee } to replace you as the { roles } of { $service }.
    [nominee] { $requester } asks you to replace { $incumbent } as the { roles } of { $service }.
    [nominee-after-requester] { $requester } asks you to take over as the { roles } of { $service }.
   *[sole] You asked to replace { $incumbent } as the { roles } of { $service }.
}
page-powers-title = { $part ->
    [requester] What { $nominee } will be able to do
    [requester-leaving] What { $nominee } will be able to do
   *[other] What you will be able to do
}
page-power-administrator = Manage the whole service, and replace any of its contacts
page-power-technical = Look after the technical side of the service, and hand this role over to someone else
page-power-billing = Receive and pay the bills of the service, and hand this role over to someone else
page-parties = Who has to accept
page-party = { $decision ->
    [accepted] accepted
    [refused] refused
   *[pending] no answer yet
}
page-answer = Your answer
page-accept = Accept
page-refuse = Refuse
page-refuse-note = If you refuse, the request ends at once, and nothing changes.
page-reason = Reason (optional)
page-reason-hint = At most 500 characters, without web addresses. Those who take part in the request can read it.
page-reason-wrong = You have not refused yet: the reason may have at most 500 characters, and no web addresses such as example.com.

## After an answer

page-waiting-title = You have accepted
page-waiting-opening = The change takes effect as soon as { $other } has accepted as well. Until then, nothing changes. The request expires on { expiry }.
page-refused-title = You have refused
page-refused-opening = The request has ended, and nothing has changed.
page-cancelled-opening = You have cancelled it yourself. Nothing has changed.
page-ended = The request has ended. Its codes no longer work.

## A code that was replaced

page-superseded-title = This code no longer works
page-superseded-opening = We have sent a newer one since, or the e-mail address of your account was changed. Please use the code in our newest message.
page-superseded-offer = If you cannot find it, we can send you a new code, to the e-mail address that your account has now.
page-resend = Send me a new code
page-resent-title = A new code is on its way
page-resent-opening = We are sending it to the e-mail address of your account. Please open the link in that message, or enter the new code here.
page-resend-limited-title = We sent a code a moment ago
page-resend-limited-opening = Please look for it in your messages. You can have another one sent in { page-wait }.
page-resend-over-title = No more codes can be sent
page-resend-over-opening = The code in our newest message stays good. If you cannot find it, please contact our support team.

## What stands in the way

page-overdue-title = A bill is overdue
page-overdue-opening = { $whose ->
    [own] The change cannot take effect yet: your account { $debtor } has an overdue bill.
   *[other] The change cannot take effect yet: { $debtor } has an overdue bill.
}
page-overdue-note = You have not accepted yet. Once the bill is paid, please try again: your code stays good. The request expires on { expiry }.
page-again = Try again
page-limited-title = Too many attempts
page-limited-opening = Please try again in { page-wait }. Your code stays good.
# How long somebody has to wait, to stand after “in”.
page-wait = { $unit ->
    [seconds] { $count ->
        [1] one second
       *[other] { $count } seconds
    }
    [minutes] { $count ->
        [1] one minute
       *[other] { $count } minutes
    }
   *[hours] { $count ->
        [1] one hour
       *[other] { $count } hours
    }
}
page-unavailable-title = This does not work at the moment
page-unavailable-opening = Please try again in a moment. Your code stays good, and however often you try, your answer counts once.
page-fault-title = Something went wrong on our side
page-fault-opening = We have taken note of it. Please try again later, or contact our support team.
page-foreign-title = Please start from our message
page-foreign-opening = This answer did not come from our own page, and nothing was done. Please open the link in our message. If another page led you here, please contact our support team.
page-nothing-title = There is nothing here
page-nothing-opening = To answer a request, please open the link in our message, the whole of it.
