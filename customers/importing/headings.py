"""The words people and programs head their columns with: English, German, Spanish, Hindi in both scripts."""

import re
import unicodedata

from customers.importing.fields import Field

_ACCENTS = re.compile(r"[\u0300-\u036f]")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")


def words_of(header: str) -> tuple[str, ...]:
    """Return a heading's words without case, accents and punctuation; vowel signs of Indian scripts stay."""
    plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", _HUMP.sub(" ", header)))
    plain = unicodedata.normalize("NFC", plain).casefold().replace("whats app", "whatsapp")  # one word, in spite of its hump
    return tuple("".join(c if unicodedata.category(c)[0] in "LMN" else " " for c in plain).split())


_SPELLINGS: dict[Field, str] = {
    Field.NAME: """
        name|full name|fullname|display name|customer|client|client name|customer name|contact name|guest|patient name|person|names
        whole name
        kunde|kundin|kundenname|vollstandiger name|vollstaendiger name|anzeigename|vor und nachname|vorname nachname|name vorname
        nombre completo|nombre y apellido|nombre y apellidos|nombre del cliente|cliente|nombre cliente|nombre para mostrar
        apellidos y nombre
        नाम|पूरा नाम|ग्राहक|ग्राहक का नाम|ग्राहक नाम|naam|nam|poora naam|pura naam|poora nam|pura nam|grahak|grahak ka naam
        grahak ka nam""",
    Field.FIRST_NAME: """
        first name|firstname|first|given name|givenname|forename|christian name|fname
        vorname|rufname|nombre|nombres|primer nombre|nombre de pila|पहला नाम|प्रथम नाम|pehla naam|pahla naam|pehla nam|pratham naam""",
    Field.LAST_NAME: """
        last name|lastname|last|surname|family name|familyname|second name|lname|sur name
        nachname|familienname|zuname|apellido|apellidos|primer apellido
        उपनाम|अंतिम नाम|आखिरी नाम|कुलनाम|upnaam|upnam|antim naam|aakhri naam|akhri naam|kulnaam""",
    Field.PHONE: """
        phone|phone number|phone no|phone nr|telephone|telephone number|tel|tel no|tel nr|mobile|mobile phone|mobile number
        mobile no|mob|mob no
        cell|cell phone|cellphone|cell number|contact number|contact no|contact phone|whatsapp|whatsapp number|whatsapp no|sms|sms number
        number|phones|phone value|mobile phone number|home phone|business phone|work phone|other phone|primary phone|car phone|ph
        ph no|msisdn
        telefon|telefonnummer|telefonnr|telefon nr|tel nummer|rufnummer|handy|handynummer|handynr|handy nr|mobil|mobilnummer
        mobiltelefon|mobilfunk
        mobilfunknummer|festnetz|telefon privat|telefon geschaftlich|telefon geschaeftlich|nummer|mobilnr
        telefono|telefonos|numero de telefono|numero telefonico|telefono movil|telefono celular|movil|celular|numero de movil
        numero de celular
        numero movil|numero celular|telf|tfno|tlf|telefono fijo|telefono de contacto|numero
        फोन|फ़ोन|फोन नंबर|फ़ोन नंबर|फोन नम्बर|फ़ोन नम्बर|मोबाइल|मोबाईल|मोबाइल नंबर|मोबाइल नम्बर|मोबाइल संख्या|दूरभाष|संपर्क नंबर
        सम्पर्क नंबर|संपर्क|व्हाट्सएप|नंबर
        phon|fon|phone nambar|mobail|mobile nambar|mobail nambar|sampark nambar|sampark number|sampark|doorbhash|nambar""",
    Field.EMAIL: """
        email|e mail|mail|email address|e mail address|mail address|e mail value|email value|emails|email id|e mail id|mail id
        emailadresse|e mail adresse|mailadresse|e mail privat|elektronische post
        correo|correo electronico|direccion de correo|direccion de correo electronico|direccion de email|dirección email|e correo
        ईमेल|ई मेल|ईमेल पता|ई मेल पता|ईमेल आईडी|imel|eemail|email pata|imel pata""",
    Field.SMS_CONSENT: """
        sms consent|text consent|texting consent|consent to text|consent to texts|consent to sms|sms opt in|sms opted in
        text opt in|text opted in
        accepts sms|accepts sms marketing|accepts texts|sms marketing|sms marketing consent|text marketing|sms permission
        sms subscribed|sms allowed
        sms subscription|sms subscription status|sms marketing status|sms status|text message consent|receives sms|can text
        ok to text|consent|opt in
        opted in|permission|consent given|text messages
        sms einwilligung|sms zustimmung|sms erlaubnis|sms erlaubt|einwilligung|einwilligung sms|zustimmung|einverstandnis
        einverstaendnis|sms werbung
        consentimiento|consentimiento sms|consentimiento de sms|acepta sms|permiso sms|sms permitido|autoriza sms|autorizacion sms
        recibir sms|permiso
        सहमति|एसएमएस सहमति|एस एम एस सहमति|संदेश सहमति|अनुमति|एसएमएस अनुमति|sahmati|sms sahmati|anumati|sms anumati|sandesh sahmati""",
    Field.WHATSAPP_CONSENT: """
        whatsapp consent|consent to whatsapp|whatsapp opt in|whatsapp opted in|accepts whatsapp|accepts whatsapp marketing
        whatsapp marketing|whatsapp marketing consent|whatsapp permission|whatsapp subscribed|whatsapp allowed|whatsapp status
        whatsapp messages|can whatsapp|ok to whatsapp|receives whatsapp
        whatsapp einwilligung|whatsapp zustimmung|whatsapp erlaubnis|whatsapp erlaubt|einwilligung whatsapp|whatsapp werbung
        consentimiento whatsapp|consentimiento de whatsapp|acepta whatsapp|permiso whatsapp|autoriza whatsapp|recibir whatsapp
        व्हाट्सएप सहमति|व्हाट्सएप अनुमति|whatsapp sahmati|whatsapp anumati""",
    Field.MARKETING_CONSENT: """
        marketing consent|accepts marketing|marketing|marketing opt in|marketing opted in|email consent|email opt in|email marketing
        email marketing consent|accepts email marketing|accepts emails|email subscription status|email subscription
        email subscribed|email permission
        newsletter|newsletter consent|newsletter opt in|gdpr|gdpr consent|gdpr marketing consent|marketing permission|email status
        email marketing status|marketing emails|subscribed|subscription status|marketing agreement|marketing notifications
        web communication agreement
        receives marketing|marketing allowed|subscriber
        werbung|werbeeinwilligung|werbung erlaubt|werbeerlaubnis|marketing einwilligung|marketing zustimmung|dsgvo
        dsgvo einwilligung|newsletter einwilligung
        email einwilligung|e mail einwilligung|e mail werbung|newsletter abonniert
        consentimiento de marketing|consentimiento marketing|consentimiento email|acepta marketing|acepta publicidad|publicidad
        boletin|rgpd
        consentimiento de publicidad|acepta correos|consentimiento rgpd|suscrito
        मार्केटिंग सहमति|विपणन सहमति|विपणन|प्रचार सहमति|ईमेल सहमति|marketing sahmati|prachar sahmati|vipanan sahmati|email sahmati""",
    Field.OPTED_OUT: """
        opted out|opt out|optout|optedout|unsubscribed|do not contact|do not text|do not sms|dnc|dnd|do not disturb|blocked
        blacklisted|blacklist|banned
        stop|no contact|no marketing|no texts|contact blocked|suppressed
        abgemeldet|widerruf|widerrufen|nicht kontaktieren|kein kontakt|keine werbung|gesperrt|abmeldung|werbung widerrufen
        keine sms|blockiert
        baja|dado de baja|no contactar|no molestar|no llamar|cancelado suscripcion|bloqueado|no enviar|rechaza publicidad|sin publicidad
        संपर्क न करें|बंद|मना|मना किया|अवरुद्ध|sampark na karen|mana|mana kiya|band|block kiya""",
    Field.CONSENT_DATE: """
        consent date|consent at|date of consent|consented at|consented on|consent given at|consent timestamp|opt in date
        opted in at|opt in time
        opt in timestamp|opted in on|subscribed at|subscribed on|subscription date|sms consent date|sms consent at
        text consent date|permission date
        marketing consent date|email consent date|gdpr consent date|sms opt in date
        einwilligungsdatum|datum der einwilligung|einwilligung am|einwilligung datum|zustimmungsdatum|zugestimmt am|datum zustimmung
        fecha de consentimiento|fecha consentimiento|fecha del consentimiento|fecha de suscripcion|fecha de alta sms
        सहमति की तारीख|सहमति तिथि|सहमति दिनांक|सहमति तारीख|sahmati ki tarikh|sahmati tarikh|sahmati tithi|sahmati ki tareekh""",
    Field.CONSENT_SOURCE: """
        consent source|source of consent|opt in source|opted in via|consent method|consent origin|opt in method|sms consent source
        how consented|consent via
        marketing consent source|consent channel|consent wording|subscription source
        einwilligungsquelle|quelle der einwilligung|einwilligung quelle|einwilligung durch|einwilligung uber|zustimmung durch
        origen del consentimiento|fuente del consentimiento|origen consentimiento|fuente de consentimiento|medio de consentimiento
        सहमति का स्रोत|सहमति स्रोत|sahmati ka srot|sahmati srot""",
    Field.BIRTHDAY: """
        birthday|birth day|birthdate|birth date|date of birth|dob|d o b|born|bday|b day|born on
        geburtstag|geburtsdatum|geb|geb datum|geboren|geboren am|gebdatum
        cumpleanos|fecha de nacimiento|nacimiento|fecha nacimiento|f nacimiento|fecha nac|fecha de cumpleanos
        जन्मदिन|जन्म तिथि|जन्मतिथि|जन्म दिनांक|जन्म की तारीख|जन्म तारीख|janmdin|janam din|janamdin|janm tithi|janmtithi
        janm ki tarikh|janam tithi
        janam tarikh|janm tarikh""",
    Field.NOTES: """
        note|notes|memo|comment|comments|remark|remarks|customer note|client note|client notes|internal note|internal notes
        staff notes|description|additional info
        notiz|notizen|bemerkung|bemerkungen|anmerkung|anmerkungen|kommentar|hinweis|hinweise
        nota|notas|comentario|comentarios|observacion|observaciones|anotaciones
        टिप्पणी|टिप्पणियाँ|टिप्पणियां|नोट|नोट्स|विवरण|tippani|tippaniyan|not|vivaran""",
    Field.TAGS: """
        tag|tags|label|labels|group|groups|category|categories|segment|segments|group membership|client tags|customer group
        schlagwort|schlagworter|schlagworte|gruppe|gruppen|kategorie|kategorien|etikett|etiketten|markierung
        etiqueta|etiquetas|grupo|grupos|categoria|categorias|segmento|segmentos
        टैग|समूह|वर्ग|श्रेणी|taig|samuh|samooh|shreni|varg""",
}
# Known columns that are kept beside the person; their contents are never taken for a name or a phone.
_BESIDE = """
    id|customer id|client id|reference id|square customer id|reference|external id|kundennummer|kunden nr|kundennr
    numero de cliente|codigo|ग्राहक संख्या
    middle name|additional name|second given name|zweiter vorname|segundo nombre|segundo apellido|nickname|nick name|spitzname
    apodo|prefix|suffix|name prefix|name suffix
    title|salutation|anrede|titel|tratamiento|phonetic first name|phonetic middle name|phonetic last name|yomi name|given name yomi
    family name yomi
    file as|initials|short name|maiden name|company|company name|organization|organization name|organization title|organization department
    organisation|firma|unternehmen|empresa|compania|कंपनी|job title|department|profession|occupation|beruf|profesion
    address|street|street address|city|town|state|province|region|zip|zip code|postal code|postcode|country|country code|po box
    extended address
    adresse|anschrift|strasse|hausnummer|ort|stadt|plz|postleitzahl|land|bundesland|direccion|calle|ciudad|estado|provincia
    codigo postal|pais
    पता|शहर|राज्य|देश|पिन कोड|pata|shahar|rajya|desh|pin code|pincode
    gender|sex|geschlecht|genero|sexo|लिंग|ling|language|sprache|idioma|भाषा|age|alter|edad|anniversary|hobby|location|photo
    website|url|event value|relation value
    status|source|creation source|client source|referral source|referred by|quelle|fuente|first visit|last visit|next visit|visits
    total visits|transaction count
    lifetime spend|total spend|total sales|revenue|umsatz|balance|points|loyalty points|gift card balance|created|created at
    created on|added|added on|date added
    last updated|updated at|last appointment|next appointment|appointments|no shows|cancellations|preferred staff|staff|stylist
    service|services|fax|business fax
    home fax|other fax|pager|telex|callback|fax number|faxnummer|block reason|instant profile|account|business|spouse|children
    manager name|assistant s name
    assistant s phone|company main phone|tty tdd phone|radio phone|isdn|custom field value|phonetic name|web page|user
"""


_CHOICES = tuple(
    frozenset(words_of(choice)) for choice in ("yes no", "y n", "true false", "ja nein", "j n", "si no", "s n", "haan nahi", "हाँ नहीं")
)


def topic_of(header: str) -> tuple[str, ...]:
    """Return a heading's words without the choices it offers: "SMS (yes/no)" speaks of SMS."""
    words = words_of(header)
    offered = frozenset[str]().union(*(choice for choice in _CHOICES if choice <= set(words)))
    return tuple(word for word in words if word not in offered)


def words_in(text: str) -> frozenset[str]:
    """Return a text's words, written as `words_of` writes them."""
    return frozenset(words_of(text))


def _split(text: str) -> list[tuple[str, ...]]:
    return [words_of(spelling) for line in text.splitlines() for spelling in line.split("|") if spelling.strip()]


FIELD_OF = {words: field for field, text in _SPELLINGS.items() for words in _split(text)}
BESIDE = frozenset(_split(_BESIDE))

# Words that only say whose column it is, or which of several.
OWNER_WORDS = words_in(
    "customer customers client clients guest contact person primary main your their the kunde kunden kundin des der cliente"
    " clientes del de la el"
    " ग्राहक का की के grahak ka ki ke required optional pflicht obligatorio"
)
PHONE_WORDS = words_in(
    "phone phones telephone mobile cell cellphone cellular whatsapp telefon telefonnummer handy handynummer mobil mobilnummer"
    " mobiltelefon rufnummer"
    " telefono movil celular फोन फ़ोन मोबाइल मोबाईल दूरभाष mobail doorbhash msisdn"
)
EMAIL_WORDS = words_in("email emails mail correo emailadresse mailadresse ईमेल imel")
WHATSAPP_WORDS = words_in("whatsapp व्हाट्सएप")
TEXT_WORDS = words_in("sms text texts texting एसएमएस")
MARKETING_WORDS = words_in("marketing newsletter promotional promotions gdpr dsgvo rgpd werbung publicidad boletin") | EMAIL_WORDS
CONSENT_WORDS = words_in(
    "consent consents consented opt optin opted permission permissions accept accepts accepted agree agrees agreed subscribed"
    " subscription subscribe allowed"
    " einwilligung zustimmung erlaubnis erlaubt einverstandnis einverstaendnis abonniert consentimiento acepta autoriza permiso"
    " permitido suscrito"
    " suscripcion सहमति अनुमति sahmati anumati"
)
REFUSAL_WORDS = words_in(
    "out optout unsubscribe unsubscribed unsubscribes stop stopped blocked blacklisted not no dnd dnc never revoked abgemeldet"
    " abmeldung widerruf widerrufen"
    " keine kein nicht baja sin rechaza न नहीं मना nahi nahin mana"
)
DATE_WORDS = words_in("date at on time timestamp datum am fecha तारीख तिथि दिनांक tarikh tareekh tithi when")
SOURCE_WORDS = words_in("source via method origin quelle durch origen fuente medio स्रोत srot wording ip")
# Beside one of these a phone or email word heads something about the number, not the number.
ABOUT_WORDS = words_in(
    "type label carrier fax verified verification extension ext country code id count status sent bounced domain provider art typ"
    " tipo etiqueta"
    " preferred preference pager assistant last first company display"
)
MOBILE_WORDS = words_in(
    "mobile cell cellphone cellular whatsapp sms handy handynummer mobil mobilnummer mobiltelefon mobilfunk mobilfunknummer movil"
    " celular iphone"
    " मोबाइल मोबाईल व्हाट्सएप mobail"
)
FIXED_WORDS = words_in("home business work office landline company festnetz privat geschaftlich geschaeftlich fijo casa trabajo घर ghar")
