# O que diz a página a que levam os links, em português. Partilha as palavras das mensagens. As variáveis são explicadas em ../en.ftl.

page-language = Português
page-languages = Idioma
page-footer = Se tiver alguma questão, contacte a nossa equipa de apoio ao cliente.

## O código

page-code-title = Responder a um pedido
page-code-opening = Introduza o código de verificação da nossa mensagem. Verá então o pedido e poderá aceitá-lo ou recusá-lo.
page-code-hint = Tem 32 letras e algarismos. Maiúsculas, espaços e hífenes não fazem diferença.
page-look = Ver o pedido
page-wrong = Este código não é o deste pedido. Verifique-o ou abra novamente o link da nossa mensagem.

## A pergunta

page-confirm-opening = { $part ->
    [requester] Recebemos o seu pedido para que { $nominee } substitua { $incumbent } como { roles } de { $service }.
    [requester-leaving] Recebemos o seu pedido para passar { roles.function } de { $service } a { $nominee }.
    [nominee] { $requester } pede-lhe que substitua { $incumbent } como { roles } de { $service }.
    [nominee-after-requester] { $requester } pretende passar-lhe { roles.function } de { $service }.
   *[sole] Recebemos o seu pedido para substituir { $incumbent } como { roles } de { $service }.
}
page-powers-title = { $part ->
    [requester] O que { $nominee } poderá fazer
    [requester-leaving] O que { $nominee } poderá fazer
   *[other] O que poderá fazer
}
page-power-administrator = Gerir todo o serviço e substituir qualquer um dos seus contactos
page-power-technical = Tratar da parte técnica do serviço e passar esta função a outra pessoa
page-power-billing = Receber e pagar as faturas do serviço e passar esta função a outra pessoa
page-parties = Quem tem de aceitar
page-party = { $decision ->
    [accepted] aceite
    [refused] recusado
   *[pending] ainda sem resposta
}
page-answer = A sua resposta
page-accept = Aceitar
page-refuse = Recusar
page-refuse-note = Se recusar, o pedido termina de imediato e nada é alterado.
page-reason = Motivo (opcional)
page-reason-hint = No máximo 500 caracteres, sem endereços web. Quem participa no pedido poderá lê-lo.
page-reason-wrong = Ainda não recusou: o motivo pode ter no máximo 500 caracteres e nenhum endereço web, como example.com.

## Depois da resposta

page-waiting-title = Aceitou o pedido
page-waiting-opening = A alteração entra em vigor assim que recebermos também a confirmação de { $other }. Até lá, nada muda. O pedido é válido até { expiry }.
page-refused-title = Recusou o pedido
page-refused-opening = O pedido terminou e nada foi alterado.
page-cancelled-opening = O cancelamento foi feito por si. Nada foi alterado.
page-ended = O pedido terminou. Os seus códigos de verificação já não são válidos.

## Um código substituído

page-superseded-title = Este código já não é válido
page-superseded-opening = Entretanto enviámos um mais recente, ou o endereço de e-mail da sua conta foi alterado. Use o código da nossa mensagem mais recente.
page-superseded-offer = Se não o encontrar, podemos enviar-lhe um código novo para o endereço de e-mail que a sua conta tem agora.
page-resend = Enviar-me um código novo
page-resent-title = Um código novo vai a caminho
page-resent-opening = Estamos a enviá-lo para o endereço de e-mail da sua conta. Abra o link dessa mensagem ou introduza aqui o código novo.
page-resend-limited-title = Acabámos de enviar um código
page-resend-limited-opening = Procure-o nas suas mensagens. Poderá pedir outro dentro de { page-wait }.
page-resend-over-title = Não é possível enviar mais códigos
page-resend-over-opening = O código da nossa mensagem mais recente continua válido. Se não o encontrar, contacte a nossa equipa de apoio ao cliente.

## O que o impede

page-overdue-title = Há uma fatura em atraso
page-overdue-opening = { $whose ->
    [own] A alteração ainda não pode entrar em vigor: a sua conta { $debtor } tem uma fatura em atraso.
   *[other] A alteração ainda não pode entrar em vigor: { $debtor } tem uma fatura em atraso.
}
page-overdue-note = Ainda não aceitou. Quando a fatura estiver paga, tente novamente: o seu código continua válido. O pedido é válido até { expiry }.
page-again = Tentar novamente
page-limited-title = Demasiadas tentativas
page-limited-opening = Tente novamente dentro de { page-wait }. O seu código continua válido.
# Segue «dentro de».
page-wait = { $unit ->
    [seconds] { $count ->
        [1] um segundo
       *[other] { $count } segundos
    }
    [minutes] { $count ->
        [1] um minuto
       *[other] { $count } minutos
    }
   *[hours] { $count ->
        [1] uma hora
       *[other] { $count } horas
    }
}
page-unavailable-title = De momento não funciona
page-unavailable-opening = Tente novamente dentro de momentos. O seu código continua válido e, por mais vezes que tente, a sua resposta só conta uma vez.
page-fault-title = Algo correu mal do nosso lado
page-fault-opening = O erro ficou registado. Tente novamente mais tarde ou contacte a nossa equipa de apoio ao cliente.
page-foreign-title = Comece pela nossa mensagem
page-foreign-opening = Esta resposta não veio da nossa página e nada foi feito. Abra o link da nossa mensagem. Se foi outra página que o trouxe aqui, contacte a nossa equipa de apoio ao cliente.
page-nothing-title = Aqui não há nada
page-nothing-opening = Para responder a um pedido, abra o link completo da nossa mensagem.
