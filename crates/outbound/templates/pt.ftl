# O que dizem as mensagens do Relevo, em português europeu. O leitor é tratado na terceira pessoa, sem «você» nem «o senhor». As variáveis estão explicadas em en.ftl.

## Palavras de que se compõem as outras mensagens

# O atributo «function» tem artigo e concorda com o número de funções: «a função de contacto técnico».
roles = { $roles ->
    [administrator] contacto administrador
    [technical] contacto técnico
    [billing] contacto de faturação
    [administrator-technical] contacto administrador e técnico
    [administrator-billing] contacto administrador e de faturação
    [technical-billing] contacto técnico e de faturação
   *[administrator-technical-billing] contacto administrador, técnico e de faturação
}
    .function = { $roles ->
        [administrator] a função de contacto administrador
        [technical] a função de contacto técnico
        [billing] a função de contacto de faturação
        [administrator-technical] as funções de contacto administrador e técnico
        [administrator-billing] as funções de contacto administrador e de faturação
        [technical-billing] as funções de contacto técnico e de faturação
       *[administrator-technical-billing] as funções de contacto administrador, técnico e de faturação
    }

expiry = { $weekday ->
    [1] segunda-feira
    [2] terça-feira
    [3] quarta-feira
    [4] quinta-feira
    [5] sexta-feira
    [6] sábado
   *[7] domingo
}, { $day } de { $month ->
    [1] janeiro
    [2] fevereiro
    [3] março
    [4] abril
    [5] maio
    [6] junho
    [7] julho
    [8] agosto
    [9] setembro
    [10] outubro
    [11] novembro
   *[12] dezembro
} de { $year } ({ $time } UTC)

# Sem artigo, para que a frase possa dizer «o», «do» ou «ao». «Seu» tem de ser sempre o do leitor: por isso, onde alguém
# cancela, o pedido é o sujeito da frase.
request = { $part ->
    [requester] seu pedido para que { $nominee } substitua { $incumbent } como { roles } de { $service }
    [requester-leaving] seu pedido para passar { roles.function } de { $service } a { $nominee }
    [nominee] pedido que { $requester } lhe fez para substituir { $incumbent } como { roles } de { $service }
    [nominee-after-requester] pedido que { $requester } lhe fez para assumir { roles.function } de { $service }
   *[sole] seu pedido para substituir { $incumbent } como { roles } de { $service }
}

# Lê-o quem foi proposto, quando é o próprio requerente a pôr fim ao pedido. Também sem artigo; quem «fez» o pedido é o sujeito da frase.
offer = { $part ->
    [nominee] pedido que lhe fez para substituir { $incumbent } como { roles } de { $service }
   *[nominee-after-requester] pedido que lhe fez para assumir { roles.function } de { $service }
}

## Partes comuns a várias mensagens

greeting = Olá, { $name },
details = O pedido
colon = :
label-service = Serviço
service-named = { $service-name }, { $service } ({ $service-kind })
service-plain = { $service } ({ $service-kind })
label-roles = { $role-count ->
    [one] Função
   *[other] Funções
}
label-requester = Pedido por
label-incumbent = { $stage ->
    [asked] Contacto atual
    [done] Contacto anterior
   *[ended] Contacto a substituir
}
label-nominee = { $stage ->
    [ended] Contacto proposto
   *[other] Novo contacto
}
label-expiry = Responder até
label-change = Número do pedido
you = { $person }, a sua conta
nothing-to-do = Não precisa de fazer nada.
footer = Esta mensagem foi enviada automaticamente a { $recipient }. Se tiver alguma questão, contacte a nossa equipa de apoio ao cliente.

## Confirmação e lembrete: pedem uma decisão

confirm-subject = { $part ->
    [requester] Confirme o pedido: novo { roles } de { $service }
    [requester-leaving] Confirme o pedido: novo { roles } de { $service }
    [nominee] Pedem-lhe que seja { roles } de { $service }
    [nominee-after-requester] Pedem-lhe que seja { roles } de { $service }
   *[sole] Confirme que pretende ser { roles } de { $service }
}
confirm-title = { $part ->
    [requester] Confirme o seu pedido
    [requester-leaving] Confirme o seu pedido
    [nominee] Aceita ser { roles }?
    [nominee-after-requester] Aceita ser { roles }?
   *[sole] Confirme o seu pedido
}
confirm-opening = { $part ->
    [requester] Recebemos o seu pedido para que { $nominee } substitua { $incumbent } como { roles } de { $service }. Aceite ou recuse o pedido com o código de verificação abaixo.
    [requester-leaving] Recebemos o seu pedido para passar { roles.function } de { $service } a { $nominee }. Aceite ou recuse o pedido com o código de verificação abaixo.
    [nominee] { $requester } pede-lhe que substitua { $incumbent } como { roles } de { $service }. Aceite ou recuse o pedido com o código de verificação abaixo.
    [nominee-after-requester] { $requester } pretende passar-lhe { roles.function } de { $service }. Aceite ou recuse o pedido com o código de verificação abaixo.
   *[sole] Recebemos o seu pedido para substituir { $incumbent } como { roles } de { $service }. Aceite ou recuse o pedido com o código de verificação abaixo.
}
confirm-effect = { $part ->
    [requester] A alteração entra em vigor assim que recebermos as duas confirmações: a sua e a de { $nominee }.
    [requester-leaving] A alteração entra em vigor assim que recebermos as duas confirmações: a sua e a de { $nominee }.
    [nominee] A alteração entra em vigor assim que recebermos as duas confirmações: a sua e a de { $requester }.
    [nominee-after-requester] A alteração entra em vigor assim que recebermos as duas confirmações: a sua e a de { $requester }.
   *[sole] Não é necessária mais nenhuma confirmação: a alteração entra em vigor assim que aceitar o pedido.
}
confirm-terms = Ao aceitar o pedido, aceita também as condições deste serviço.
confirm-refuse = { $part ->
    [requester] Se não fez este pedido, ou se já não pretende a alteração, recuse-o na mesma página, com o mesmo código.
    [requester-leaving] Se não fez este pedido, ou se já não pretende a alteração, recuse-o na mesma página, com o mesmo código.
    [nominee] Se não pretender aceitar, pode recusar o pedido na mesma página, com o mesmo código.
    [nominee-after-requester] Se não pretender aceitar, pode recusar o pedido na mesma página, com o mesmo código.
   *[sole] Se não fez este pedido, ou se já não pretende a alteração, recuse-o na mesma página, com o mesmo código.
}
confirm-ignore = Se ignorar esta mensagem, nada será alterado. O pedido é válido até { expiry }.

code-label = O seu código de verificação
code-note = É pessoal e só pode ser usado uma vez. Não o partilhe com ninguém: nós nunca lho pediremos.
link-label = Responder ao pedido
link-note = Este link preenche o código automaticamente:

reminder-subject = Aguardamos a sua resposta: { roles } de { $service }
reminder-title = Ainda aguardamos a sua resposta
reminder-opening = Tem um pedido por responder. É válido até { expiry }.

## Concluído, substituído, transmitido: as funções mudaram de mãos

done-subject = { $part ->
    [requester] Concluído: novo { roles } de { $service }
    [requester-leaving] Concluído: novo { roles } de { $service }
    [nominee] Concluído: já é { roles } de { $service }
    [nominee-after-requester] Concluído: já é { roles } de { $service }
   *[sole] Concluído: já é { roles } de { $service }
}
done-title = A alteração está concluída
done-opening = { $part ->
    [requester] { $nominee } substituiu { $incumbent } como { roles } de { $service }.
    [requester-leaving] { $nominee } sucedeu-lhe como { roles } de { $service }.
    [nominee] A partir de agora, é { roles } de { $service }, em substituição de { $incumbent }.
    [nominee-after-requester] A partir de agora, é { roles } de { $service }, em substituição de { $incumbent }.
   *[sole] A partir de agora, é { roles } de { $service }, em substituição de { $incumbent }.
}
done-note = Recebemos todas as confirmações e a alteração já está em vigor.

replaced-subject = Deixou de ser { roles } de { $service }
replaced-title = Há um novo contacto no seu lugar
replaced-opening = { $nominee } sucedeu-lhe como { roles } de { $service }.
replaced-note = Esta alteração foi pedida por { $requester } e está confirmada. Se não a esperava, contacte a nossa equipa de apoio ao cliente.

passed-subject = Novo { roles } de { $service }
passed-title = Um contacto do seu serviço mudou
passed-opening = { $nominee } substituiu { $incumbent } como { roles } de { $service }.
passed-note = Esta alteração foi pedida por { $requester } e está confirmada. Recebe esta mensagem por ser o contacto administrador do serviço.

## Recusado, cancelado, expirado, impossível: nada foi alterado

refused-subject = Pedido recusado: novo { roles } de { $service }
refused-title = O pedido foi recusado
refused-opening = { $part ->
    [requester] { $refuser } recusou substituir { $incumbent } como { roles } de { $service }. O pedido foi encerrado e nada foi alterado.
    [requester-leaving] { $refuser } recusou suceder-lhe como { roles } de { $service }. O pedido foi encerrado e nada foi alterado.
   *[nominee] { $refuser } recusou confirmar o { offer }. O pedido foi encerrado e nada foi alterado.
}
reason-label = Motivo indicado:

cancelled-subject = Pedido cancelado: novo { roles } de { $service }
cancelled-title = O pedido foi cancelado
cancelled-opening = { $canceller ->
    [requester] { $canceller-name } cancelou o { offer }. Nada foi alterado.
    [account] O { request } foi cancelado por { $canceller-name }. Nada foi alterado.
    [administrator] O { request } foi cancelado pelo contacto administrador do serviço ({ $canceller-name }). Nada foi alterado.
    [operator] O { request } foi cancelado pela nossa equipa. Nada foi alterado.
   *[service-deleted] O serviço { $service } foi eliminado. Por esse motivo, foi cancelado o { request }.
}

expired-subject = Pedido expirado: novo { roles } de { $service }
expired-title = O pedido expirou
expired-opening = Não recebemos todas as confirmações a tempo. Por esse motivo, expirou o { request }. Nada foi alterado.
expired-note = Se a alteração continuar a ser necessária, pode ser feito um novo pedido.

failed-subject = Já não é possível: novo { roles } de { $service }
failed-title = A alteração já não é possível
failed-opening = Tivemos de encerrar o { request }. Nada foi alterado.
failed-cause = { $cause ->
    [incumbent-replaced] { $part ->
        [requester-leaving] Motivo: já não { $role-count ->
            [one] lhe está atribuída esta função
           *[other] lhe estão atribuídas todas estas funções
        }.
       *[other] Motivo: { $incumbent } já não desempenha { $role-count ->
            [one] esta função
           *[other] todas estas funções
        }.
    }
   *[requester-not-permitted] { $part ->
        [nominee] Motivo: { $requester } já não tem permissão para pedir esta alteração.
        [nominee-after-requester] Motivo: { $requester } já não tem permissão para pedir esta alteração.
       *[other] Motivo: a sua conta já não tem permissão para pedir esta alteração.
    }
}

codes-dead = Os códigos de verificação enviados para este pedido já não são válidos.

## Endereço alterado: enviada para o endereço antigo

address-changed-subject = O endereço de e-mail da sua conta { $account } foi alterado
address-changed-title = O seu endereço de e-mail foi alterado
address-changed-opening = O endereço de e-mail da sua conta { $account } foi alterado. Este é o endereço antigo: a partir de agora, escreveremos para o novo.
address-changed-codes = Os códigos de verificação que enviámos para este endereço, relativos a pedidos em aberto, já não são válidos. Podem ser enviados novos códigos para o novo endereço.
address-changed-warning = Se fez esta alteração, não precisa de fazer mais nada. Se não a fez, contacte de imediato a nossa equipa de apoio ao cliente.

## Não entregue: não foi possível entregar o código de uma das partes; recebe-a a outra parte. $unreached é quem ficou sem código

undelivered-subject = Não entregue: um código de verificação para { $service }
undelivered-title = Não foi possível entregar um código
undelivered-opening = Não conseguimos entregar um código de verificação a { $unreached }: a nossa mensagem para o endereço de e-mail dessa conta foi recusada. O código diz respeito ao { request }.
undelivered-note = O pedido continua em aberto, mas não pode ser concluído sem esse código. O pedido é válido até { expiry }.
undelivered-advice = Se puder, avise { $unreached }. Assim que o endereço de e-mail da conta for corrigido, o código poderá ser enviado novamente.

## Teste: enviada por um operador para verificar se as mensagens chegam

test-subject = Mensagem de teste
test-title = Esta é uma mensagem de teste
test-opening = Enviámos esta mensagem para verificar se as nossas mensagens lhe chegam. Esta chegou.
