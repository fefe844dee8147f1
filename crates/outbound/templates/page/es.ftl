# Lo que dice la página a la que llevan los enlaces, en español. Comparte las palabras de los mensajes. Las variables se explican en ../en.ftl.

page-language = Español
page-languages = Idioma
page-footer = Si tiene alguna pregunta, póngase en contacto con nuestro servicio de atención al cliente.

## El código

page-code-title = Responder a una solicitud
page-code-opening = Introduzca el código de verificación de nuestro mensaje. Verá entonces la solicitud y podrá aceptarla o rechazarla.
page-code-hint = Tiene 32 letras y cifras. No importan las mayúsculas, los espacios ni los guiones.
page-look = Ver la solicitud
page-wrong = Este código no es el de esta solicitud. Compruébelo o abra de nuevo el enlace de nuestro mensaje.

## La pregunta

page-confirm-opening = { $part ->
    [requester] Ha solicitado que { $nominee } sustituya a { $incumbent } como { roles } de { $service }.
    [requester-leaving] Ha solicitado que { $nominee } le sustituya como { roles } de { $service }.
    [nominee] { $requester } le pide que sustituya a { $incumbent } como { roles } de { $service }.
    [nominee-after-requester] { $requester } le pide que ocupe su lugar como { roles } de { $service }.
   *[sole] Ha solicitado sustituir a { $incumbent } como { roles } de { $service }.
}
page-powers-title = { $part ->
    [requester] Qué podrá hacer { $nominee }
    [requester-leaving] Qué podrá hacer { $nominee }
   *[other] Qué podrá hacer usted
}
page-power-administrator = Gestionar todo el servicio y sustituir a cualquiera de sus contactos
page-power-technical = Ocuparse de la parte técnica del servicio y ceder esta función a otra persona
page-power-billing = Recibir y pagar las facturas del servicio y ceder esta función a otra persona
page-parties = Quién debe aceptar
page-party = { $decision ->
    [accepted] aceptado
    [refused] rechazado
   *[pending] aún sin respuesta
}
page-answer = Su respuesta
page-accept = Aceptar
page-refuse = Rechazar
page-refuse-note = Si la rechaza, la solicitud termina de inmediato y no cambia nada.
page-reason = Motivo (opcional)
page-reason-hint = 500 caracteres como máximo, sin direcciones web. Podrán leerlo quienes participan en la solicitud.
page-reason-wrong = Aún no ha rechazado la solicitud: el motivo puede tener 500 caracteres como máximo y ninguna dirección web, como example.com.

## Después de la respuesta

page-waiting-title = Ha aceptado la solicitud
page-waiting-opening = El cambio se aplicará cuando también lo haya aceptado { $other }. Hasta entonces, no cambiará nada. La solicitud caduca el { expiry }.
page-refused-title = Ha rechazado la solicitud
page-refused-opening = La solicitud ha terminado y no ha cambiado nada.
page-cancelled-opening = La ha cancelado usted. No ha cambiado nada.
page-ended = La solicitud ha terminado. Sus códigos de verificación ya no son válidos.

## Un código sustituido

page-superseded-title = Este código ya no es válido
page-superseded-opening = Desde entonces le hemos enviado otro más reciente, o se ha cambiado la dirección de correo electrónico de su cuenta. Utilice el código de nuestro último mensaje.
page-superseded-offer = Si no lo encuentra, podemos enviarle un código nuevo a la dirección de correo electrónico que su cuenta tiene ahora.
page-resend = Enviarme un código nuevo
page-resent-title = Un código nuevo está en camino
page-resent-opening = Lo enviamos a la dirección de correo electrónico de su cuenta. Abra el enlace de ese mensaje o introduzca aquí el código nuevo.
page-resend-limited-title = Acabamos de enviar un código
page-resend-limited-opening = Búsquelo entre sus mensajes. Podrá pedir que se envíe otro dentro de { page-wait }.
page-resend-over-title = No se pueden enviar más códigos
page-resend-over-opening = El código de nuestro último mensaje sigue siendo válido. Si no lo encuentra, póngase en contacto con nuestro servicio de atención al cliente.

## Lo que lo impide

page-overdue-title = Hay una factura vencida
page-overdue-opening = { $whose ->
    [own] El cambio aún no se puede aplicar: su cuenta { $debtor } tiene una factura vencida.
   *[other] El cambio aún no se puede aplicar: { $debtor } tiene una factura vencida.
}
page-overdue-note = Aún no ha aceptado. Cuando se haya pagado la factura, inténtelo de nuevo: su código sigue siendo válido. La solicitud caduca el { expiry }.
page-again = Intentar de nuevo
page-limited-title = Demasiados intentos
page-limited-opening = Inténtelo de nuevo dentro de { page-wait }. Su código sigue siendo válido.
# Va después de «dentro de».
page-wait = { $unit ->
    [seconds] { $count ->
        [1] un segundo
       *[other] { $count } segundos
    }
    [minutes] { $count ->
        [1] un minuto
       *[other] { $count } minutos
    }
   *[hours] { $count ->
        [1] una hora
       *[other] { $count } horas
    }
}
page-unavailable-title = Ahora mismo no funciona
page-unavailable-opening = Inténtelo de nuevo dentro de un momento. Su código sigue siendo válido y, por muchas veces que lo intente, su respuesta cuenta una sola vez.
page-fault-title = Algo ha fallado por nuestra parte
page-fault-opening = Ha quedado registrado. Inténtelo de nuevo más tarde o póngase en contacto con nuestro servicio de atención al cliente.
page-foreign-title = Empiece desde nuestro mensaje
page-foreign-opening = Esta respuesta no procede de nuestra página y no se ha hecho nada. Abra el enlace de nuestro mensaje. Si ha llegado desde otra página, póngase en contacto con nuestro servicio de atención al cliente.
page-nothing-title = Aquí no hay nada
page-nothing-opening = Para responder a una solicitud, abra el enlace completo de nuestro mensaje.
