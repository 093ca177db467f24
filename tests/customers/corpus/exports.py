"""The headings of the programs people leave, a row of each, and what becomes of it."""

from typing import NamedTuple


class Export(NamedTuple):
    """A file as a program writes it, and the fields that matter, by heading; all others are kept as extra."""

    text: str
    fields: dict[str, str]
    name: str
    phone: str
    region: str = "US"


EXPORTS = {
    "Square": Export(
        "Reference ID,First Name,Last Name,Email Address,Phone Number,Nickname,Company Name,Street Address 1,Street Address 2,City,State,"
        "Postal Code,Birthday,Memo,Square Customer ID,Creation Source,First Visit,Last Visit,Transaction Count,Lifetime Spend,"
        "Email Subscription Status,Instant Profile\n"
        ",Ann,Lee,ann@example.com,'+15125550142,,,1 Main St,,Austin,TX,78701,1990-03-05,likes tea,ABC123,Manual,2023-01-02,2024-05-06,12,"
        "$340.00,subscribed,No\n",
        {
            "First Name": "first_name",
            "Last Name": "last_name",
            "Email Address": "email",
            "Phone Number": "phone",
            "Birthday": "birthday",
            "Memo": "notes",
            "Email Subscription Status": "marketing_consent",
        },
        "Ann Lee",
        "+15125550142",
    ),
    "Fresha": Export(
        "Client ID,First Name,Last Name,Full Name,Blocked,Block Reason,Gender,Mobile Number,Telephone,Email,Accepts Marketing,"
        "Accepts SMS Marketing,Address,Date of Birth,Added,Note,Referral Source\n"
        "7,Ann,Lee,Ann Lee,No,,Female,+1 512-555-0142,,ann@example.com,Yes,No,1 Main St,5 Mar 1990,1 Jan 2023,likes tea,Walk-in\n",
        {
            "First Name": "first_name",
            "Last Name": "last_name",
            "Full Name": "name",
            "Blocked": "opted_out",
            "Mobile Number": "phone",
            "Telephone": "phone",
            "Email": "email",
            "Accepts Marketing": "marketing_consent",
            "Accepts SMS Marketing": "sms_consent",
            "Date of Birth": "birthday",
            "Note": "notes",
        },
        "Ann Lee",
        "+15125550142",
    ),
    "Booksy": Export(
        "Full name;Cell phone;E-mail;Birthday;Tags;Internal note;Web communication agreement;Blacklisted;Visits;Last visit\n"
        "Ann Lee;(512) 555-0142;ann@example.com;03/05/1990;VIP;likes tea;Yes;No;12;2024-05-06\n",
        {
            "Full name": "name",
            "Cell phone": "phone",
            "E-mail": "email",
            "Birthday": "birthday",
            "Tags": "tags",
            "Internal note": "notes",
            "Web communication agreement": "marketing_consent",
            "Blacklisted": "opted_out",
        },
        "Ann Lee",
        "+15125550142",
    ),
    "Google Contacts": Export(
        "First Name,Middle Name,Last Name,Phonetic First Name,Phonetic Middle Name,Phonetic Last Name,Name Prefix,Name Suffix,Nickname,File As,"
        "Organization Name,Organization Title,Organization Department,Birthday,Notes,Photo,Labels,E-mail 1 - Label,E-mail 1 - Value,"
        "Phone 1 - Label,Phone 1 - Value,Phone 2 - Label,Phone 2 - Value\n"
        "Ann,,Lee,,,,,,,,,,,1990-03-05,likes tea,,VIP ::: * myContacts,* Home,ann@example.com,Home,512-555-0143,Mobile,512-555-0142\n",
        {
            "First Name": "first_name",
            "Last Name": "last_name",
            "Birthday": "birthday",
            "Notes": "notes",
            "Labels": "tags",
            "E-mail 1 - Value": "email",
            "Phone 1 - Value": "phone",
            "Phone 2 - Value": "phone",
        },
        "Ann Lee",
        "+15125550142",
    ),
    "Google Contacts before 2024": Export(
        "Name,Given Name,Additional Name,Family Name,Yomi Name,Nickname,Birthday,Gender,Notes,Group Membership,E-mail 1 - Type,E-mail 1 - Value,"
        "Phone 1 - Type,Phone 1 - Value\n"
        "Ann Lee,Ann,,Lee,,,1990-03-05,,likes tea,VIP ::: * myContacts,* ,ann@example.com,Mobile,(512) 555-0142 ::: (512) 555-0143\n",
        {
            "Name": "name",
            "Given Name": "first_name",
            "Family Name": "last_name",
            "Birthday": "birthday",
            "Notes": "notes",
            "Group Membership": "tags",
            "E-mail 1 - Value": "email",
            "Phone 1 - Value": "phone",
        },
        "Ann Lee",
        "+15125550142",
    ),
    "Outlook": Export(
        "Title,First Name,Middle Name,Last Name,Suffix,Company,Department,Job Title,Business Street,Business Fax,Business Phone,"
        "Business Phone 2,Company Main Phone,Home Phone,Mobile Phone,Other Phone,Pager,E-mail Address,E-mail Display Name,"
        "Birthday,Categories,Gender,Notes,Assistant's Phone\n"
        ",Ann,,Lee,,,,,,512-555-0199,512-555-0198,,,512-555-0143,512-555-0142,,,ann@example.com,Ann Lee (ann@example.com),"
        "3/5/1990,VIP,Unspecified,likes tea,\n",
        {
            "First Name": "first_name",
            "Last Name": "last_name",
            "Business Phone": "phone",
            "Business Phone 2": "phone",
            "Home Phone": "phone",
            "Mobile Phone": "phone",
            "Other Phone": "phone",
            "E-mail Address": "email",
            "Birthday": "birthday",
            "Categories": "tags",
            "Notes": "notes",
        },
        "Ann Lee",
        "+15125550142",
    ),
    "a phone": Export(
        "Display Name\tMobile\tHome\tOrganization\nAnn Lee\t5125550142\t\t\n",
        {"Display Name": "name", "Mobile": "phone"},
        "Ann Lee",
        "+15125550142",
    ),
    "a German salon": Export(
        "Kundennummer;Vorname;Nachname;Handynummer;Festnetz;E-Mail-Adresse;Geburtsdatum;SMS-Einwilligung;Einwilligung am;Bemerkungen;Gruppe\n"
        "17;Jürgen;Groß;0151 23456789;030 1234567;j@example.de;05.03.1990;ja;06.05.2024;mag Tee;Stammkunde\n",
        {
            "Vorname": "first_name",
            "Nachname": "last_name",
            "Handynummer": "phone",
            "Festnetz": "phone",
            "E-Mail-Adresse": "email",
            "Geburtsdatum": "birthday",
            "SMS-Einwilligung": "sms_consent",
            "Einwilligung am": "consent_date",
            "Bemerkungen": "notes",
            "Gruppe": "tags",
        },
        "Jürgen Groß",
        "+4915123456789",
        "DE",
    ),
    "a Spanish salon": Export(
        "Código;Nombre;Apellidos;Teléfono móvil;Correo electrónico;Fecha de nacimiento;¿Acepta SMS?;Fecha de consentimiento;Observaciones;Etiquetas\n"
        "17;José;Muñoz Gil;612 34 56 78;jose@example.es;5 de marzo de 1990;Sí;6/5/2024;le gusta el té;VIP\n",
        {
            "Nombre": "first_name",
            "Apellidos": "last_name",
            "Teléfono móvil": "phone",
            "Correo electrónico": "email",
            "Fecha de nacimiento": "birthday",
            "¿Acepta SMS?": "sms_consent",
            "Fecha de consentimiento": "consent_date",
            "Observaciones": "notes",
            "Etiquetas": "tags",
        },
        "José Muñoz Gil",
        "+34612345678",
        "ES",
    ),
    "an Indian salon": Export(
        "ग्राहक का नाम,मोबाइल नंबर,ईमेल,जन्मतिथि,एसएमएस सहमति,सहमति की तारीख,टिप्पणी,टैग\n"
        "अनु शर्मा,98765 43210,anu@example.in,5 मार्च 1990,हाँ,06/05/2024,चाय पसंद,VIP\n",
        {
            "ग्राहक का नाम": "name",
            "मोबाइल नंबर": "phone",
            "ईमेल": "email",
            "जन्मतिथि": "birthday",
            "एसएमएस सहमति": "sms_consent",
            "सहमति की तारीख": "consent_date",
            "टिप्पणी": "notes",
            "टैग": "tags",
        },
        "अनु शर्मा",
        "+919876543210",
        "IN",
    ),
    "an Indian salon in Latin letters": Export(
        "Grahak ka naam,Mobile nambar,Imel,Janmdin,SMS sahmati,Sahmati ki tarikh,Tippani,Samuh\n"
        "Anu Sharma,098765-43210,anu@example.in,05-03-1990,haan,6 May 2024,chai pasand,VIP\n",
        {
            "Grahak ka naam": "name",
            "Mobile nambar": "phone",
            "Imel": "email",
            "Janmdin": "birthday",
            "SMS sahmati": "sms_consent",
            "Sahmati ki tarikh": "consent_date",
            "Tippani": "notes",
            "Samuh": "tags",
        },
        "Anu Sharma",
        "+919876543210",
        "IN",
    ),
}
