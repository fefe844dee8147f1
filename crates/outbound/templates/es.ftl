# Lo que dicen los mensajes de Relevo, en español. Se trata al lector de usted. Las variables se explican en en.ftl.

## Palabras de las que se componen los demás mensajes

roles = { $roles ->
    [administrator] contacto administrador
    [technical] contacto técnico
    [billing] contacto de facturación
    [administrator-technical] contacto administrador y técnico
    [administrator-billing] contacto administrador y de facturación
    [technical-billing] contacto técnico y de facturación
   *[administrator-technical-billing] contacto administrador, técnico y de facturación
}

expiry = { $weekday ->
    [1] lunes
    [2] martes
    [3] miércoles
    [4] jueves
    [5] viernes
    [6] sábado
   *[7] domingo
} { $day } de { $month ->
    [1] enero
    [2] febrero
    [3] marzo
    [4] abril
    [5] mayo
    [6] junio
    [7] julio
    [8] agosto
    [9] septiembre
    [10] octubre
    [11] noviembre
   *[12] diciembre
} de { $year } ({ $time } UTC)

request = { $part ->
    [requester] su solicitud para que { $nominee } sustituya a { $incumbent } como { roles } de { $service }
    [requester-leaving] su solicitud para que { $nominee } le sustituya como { roles } de { $service }
    [nominee] la solicitud de { $requester } para que usted sustituya a { $incumbent } como { roles } de { $service }
    [nominee-after-requester] la solicitud de { $requester } para que usted ocupe su lugar como { roles } de { $service }
   *[sole] su solicitud para sustituir a { $incumbent } como { roles } de { $service }
}

# La lee quien ha sido propuesto cuando el propio solicitante la cierra.
offer = { $part ->
    [nominee] la solicitud para que usted sustituya a { $incumbent } como { roles } de { $service }
   *[nominee-after-requester] la solicitud para que usted ocupe su lugar como { roles } de { $service }
}

## Partes comunes a varios mensajes

greeting = Hola, { $name }:
details = La solicitud
colon = :
label-service = Servicio
service-named = { $service-name }, { $service } ({ $service-kind })
service-plain = { $service } ({ $service-kind })
label-roles = { $role-count ->
    [one] Función
   *[other] Funciones
}
label-requester = Solicitado por
label-incumbent = { $stage ->
    [asked] Contacto actual
    [done] Antiguo contacto
   *[ended] Contacto por sustituir
}
label-nominee = { $stage ->
    [ended] Contacto propuesto
   *[other] Nuevo contacto
}
label-expiry = Fecha límite
label-change = Número de solicitud
you = { $person }, usted
nothing-to-do = No es necesario que haga nada.
footer = Este mensaje se ha enviado automáticamente a { $recipient }. Si tiene alguna pregunta, póngase en contacto con nuestro servicio de atención al cliente.

## Confirmación y recordatorio: piden una decisión

confirm-subject = { $part ->
    [requester] Confirme el cambio de { roles } de { $service }
    [requester-leaving] Confirme el cambio de { roles } de { $service }
    [nominee] Le proponen como { roles } de { $service }
    [nominee-after-requester] Le proponen como { roles } de { $service }
   *[sole] Confirme que desea ser { roles } de { $service }
}
confirm-title = { $part ->
    [requester] Confirme su solicitud
    [requester-leaving] Confirme su solicitud
    [nominee] ¿Acepta ser { roles }?
    [nominee-after-requester] ¿Acepta ser { roles }?
   *[sole] Confirme su solicitud
}
confirm-opening = { $part ->
    [requester] Ha solicitado que { $nominee } sustituya a { $incumbent } como { roles } de { $service }. Acepte o rechace el cambio con el código de verificación que figura a continuación.
    [requester-leaving] Ha solicitado que { $nominee } le sustituya como { roles } de { $service }. Acepte o rechace el cambio con el código de verificación que figura a continuación.
    [nominee] { $requester } le pide que sustituya a { $incumbent } como { roles } de { $service }. Acepte o rechace la solicitud con el código de verificación que figura a continuación.
    [nominee-after-requester] { $requester } le pide que ocupe su lugar como { roles } de { $service }. Acepte o rechace la solicitud con el código de verificación que figura a continuación.
   *[sole] Ha solicitado sustituir a { $incumbent } como { roles } de { $service }. Acepte o rechace el cambio con el código de verificación que figura a continuación.
}
confirm-effect = { $part ->
    [requester] El cambio se aplicará cuando tanto usted como { $nominee } lo hayan aceptado.
    [requester-leaving] El cambio se aplicará cuando tanto usted como { $nominee } lo hayan aceptado.
    [nominee] El cambio se aplicará cuando tanto usted como { $requester } lo hayan aceptado.
    [nominee-after-requester] El cambio se aplicará cuando tanto usted como { $requester } lo hayan aceptado.
   *[sole] No es necesario que nadie más lo confirme: el cambio se aplicará en cuanto usted lo acepte.
}
confirm-terms = Al aceptar, acepta también las condiciones de este servicio.
confirm-refuse = { $part ->
    [requester] Si usted no ha solicitado este cambio o ya no lo desea, rechácelo en la misma página y con el mismo código.
    [requester-leaving] Si usted no ha solicitado este cambio o ya no lo desea, rechácelo en la misma página y con el mismo código.
    [nominee] Si no desea asumir esta función, puede rechazar la solicitud en la misma página y con el mismo código.
    [nominee-after-requester] Si no desea asumir esta función, puede rechazar la solicitud en la misma página y con el mismo código.
   *[sole] Si usted no ha solicitado este cambio o ya no lo desea, rechácelo en la misma página y con el mismo código.
}
confirm-ignore = Si ignora este mensaje, no cambiará nada. La solicitud caduca el { expiry }.

code-label = Su código de verificación
code-note = Es personal y de un solo uso. No lo comparta con nadie: nosotros nunca se lo pediremos.
link-label = Responder a la solicitud
link-note = Este enlace introduce el código automáticamente:

reminder-subject = Seguimos esperando su respuesta: { roles } de { $service }
reminder-title = Seguimos esperando su respuesta
reminder-opening = Tiene una solicitud pendiente de respuesta. Caduca el { expiry }.

## Realizado, sustituido, traspasado: las funciones han cambiado de manos

done-subject = { $part ->
    [requester] Cambio realizado: nuevo { roles } de { $service }
    [requester-leaving] Cambio realizado: nuevo { roles } de { $service }
    [nominee] Cambio realizado: ya es usted { roles } de { $service }
    [nominee-after-requester] Cambio realizado: ya es usted { roles } de { $service }
   *[sole] Cambio realizado: ya es usted { roles } de { $service }
}
done-title = El cambio se ha realizado correctamente
done-opening = { $part ->
    [requester] { $nominee } ha sustituido a { $incumbent } como { roles } de { $service }.
    [requester-leaving] { $nominee } le ha sustituido como { roles } de { $service }.
    [nominee] Usted ha sustituido a { $incumbent } como { roles } de { $service }.
    [nominee-after-requester] Usted ha sustituido a { $incumbent } como { roles } de { $service }.
   *[sole] Usted ha sustituido a { $incumbent } como { roles } de { $service }.
}
done-note = Se han recibido todas las confirmaciones y el cambio ya está aplicado.

replaced-subject = Usted ya no es { roles } de { $service }
replaced-title = Hay un nuevo contacto en su lugar
replaced-opening = { $nominee } le ha sustituido como { roles } de { $service }.
replaced-note = El cambio lo solicitó { $requester } y ya se ha confirmado. Si no lo esperaba, póngase en contacto con nuestro servicio de atención al cliente.

passed-subject = Nuevo { roles } de { $service }
passed-title = Ha cambiado un contacto de su servicio
passed-opening = { $nominee } ha sustituido a { $incumbent } como { roles } de { $service }.
passed-note = El cambio lo solicitó { $requester } y ya se ha confirmado. Le informamos porque usted es el contacto administrador del servicio.

## Rechazado, cancelado, caducado, imposible: no ha cambiado nada

refused-subject = Solicitud rechazada: { roles } de { $service }
refused-title = La solicitud ha sido rechazada
refused-opening = { $part ->
    [requester] { $refuser } ha rechazado sustituir a { $incumbent } como { roles } de { $service }. La solicitud ha finalizado y no ha cambiado nada.
    [requester-leaving] { $refuser } ha rechazado sustituirle como { roles } de { $service }. La solicitud ha finalizado y no ha cambiado nada.
   *[nominee] { $refuser } no ha querido confirmar { offer }. La solicitud ha finalizado y no ha cambiado nada.
}
reason-label = Motivo indicado:

cancelled-subject = Solicitud cancelada: { roles } de { $service }
cancelled-title = La solicitud ha sido cancelada
# «Su solicitud» es siempre la de quien lee: por eso no la cancela nadie más en la misma frase.
cancelled-opening = { $canceller ->
    [requester] { $canceller-name } ha cancelado { offer }. No ha cambiado nada.
    [account] Se ha cancelado { request }. Lo ha hecho { $canceller-name }. No ha cambiado nada.
    [administrator] Se ha cancelado { request }. Lo ha hecho el contacto administrador del servicio ({ $canceller-name }). No ha cambiado nada.
    [operator] Nuestro equipo ha cancelado { request }. No ha cambiado nada.
   *[service-deleted] El servicio { $service } ha sido eliminado. Por ello se ha cancelado { request }.
}

expired-subject = Solicitud caducada: { roles } de { $service }
expired-title = La solicitud ha caducado
expired-opening = No se han recibido todas las confirmaciones a tiempo. Por ello ha caducado { request }. No ha cambiado nada.
expired-note = Si el cambio sigue siendo necesario, se puede volver a solicitar.

failed-subject = El cambio ya no es posible: { roles } de { $service }
failed-title = El cambio ya no es posible
failed-opening = Hemos tenido que cerrar { request }. No se ha aplicado ningún cambio.
failed-cause = { $cause ->
    [incumbent-replaced] { $part ->
        [requester-leaving] Motivo: usted ya no desempeña { $role-count ->
            [one] esta función
           *[other] todas estas funciones
        }.
       *[other] Motivo: { $incumbent } ya no desempeña { $role-count ->
            [one] esta función
           *[other] todas estas funciones
        }.
    }
   *[requester-not-permitted] { $part ->
        [nominee] Motivo: { $requester } ya no tiene permiso para solicitar este cambio.
        [nominee-after-requester] Motivo: { $requester } ya no tiene permiso para solicitar este cambio.
       *[other] Motivo: usted ya no tiene permiso para solicitar este cambio.
    }
}

codes-dead = Los códigos de verificación enviados para esta solicitud ya no son válidos.

## Dirección cambiada: se envía a la dirección antigua

address-changed-subject = Se ha cambiado la dirección de correo electrónico de su cuenta { $account }
address-changed-title = Su dirección de correo electrónico ha cambiado
address-changed-opening = Se ha cambiado la dirección de correo electrónico de su cuenta { $account }. Esta es la dirección antigua: a partir de ahora, escribiremos a la nueva.
address-changed-codes = Los códigos de verificación que enviamos a esta dirección para solicitudes pendientes ya no son válidos. Puede solicitar que se envíen otros a la nueva dirección.
address-changed-warning = Si ha hecho usted este cambio, no es necesario que haga nada. Si no ha sido usted, póngase en contacto de inmediato con nuestro servicio de atención al cliente.

## Sin entregar: no se pudo entregar el código de una de las partes; lo recibe la otra. $unreached es quien no tiene código

undelivered-subject = No entregado: un código para { $service }
undelivered-title = No se ha podido entregar un código
undelivered-opening = No hemos podido entregar un código a { $unreached }: nuestro mensaje a la dirección de correo electrónico de esa cuenta ha sido rechazado. El código corresponde a { request }.
undelivered-note = La solicitud sigue abierta, pero no puede completarse sin ese código. Caduca el { expiry }.
undelivered-advice = Si le es posible, avise a { $unreached }. En cuanto se corrija la dirección de correo electrónico de la cuenta, el código podrá enviarse de nuevo.

## Prueba: la envía un operador para comprobar que los mensajes llegan

test-subject = Mensaje de prueba
test-title = Este es un mensaje de prueba
test-opening = Hemos enviado este mensaje para comprobar si nuestros mensajes le llegan. Ha llegado.
