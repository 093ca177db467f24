"""Stop means stop, said any way; and not every "stop" is one."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servicepro.lib.optout import HELP_WORDS, START_WORDS, STOP_WORDS, ReplyIntent, classify_reply

OUR_TEXT = (
    "Hey this is Jody with Clean Machine Auto Detail. We've added 500 reward points to your account. "
    "Tap here to view options & book: https://shop.example/o/x. Reply STOP to unsubscribe."
)
EXACT = [
    "STOP", "stop", " Stop. ", "STOP!", "stop 🙏", "stop🛑🛑", '"STOP"', "'stop'", "stop/", "s t o p", "S\u200bTOP", "ＳＴＯＰ", "𝗦𝗧𝗢𝗣", "StopAll",
    "stop all", "UNSUBSCRIBE", "Cancel", "END", "quit", "Revoke", "OPTOUT", "opt-out", "opt out", "Opt Out.",
]  # fmt: skip
ENGLISH = [
    "please stop texting me", "Stop texting", "stop messaging me", "stop contacting me", "please stop", "STOP PLEASE", "stop pls", "Stop thanks",
    "stop, thank you", "stop it", "stop now", "stop this", "stop me", "STOP STOP STOP", "Stop.Stop", "STOP 2 END", "stopppp", "Stop - Ann",
    "STOP\nSent from my iPhone", "Ok. Stop.", "no thanks stop", "I said STOP!!!", "make it stop", "would you stop", "can you please stop",
    "I've asked you to stop", "I want this to stop", "stop sending me these texts", "stop the texts", "stop with the texts",
    "stop all of these messages", "stop bothering me", "stop spamming me", "stop harassing me", "stop calling and texting me",
    "how do I stop these texts", "how do I stop getting these texts", "plz stop msg me", "don't text me", "Do not text me again",
    "dont message me", "don’t contact me anymore", "do not contact", "don't text, call me please", "please don't message again",
    "never text me again", "just never contact me again", "can you not text me", "I asked you not to text me", "do not send me anything",
    "don't send any more messages", "no more texts", "no more messages please", "No more offers", "no more please", "no texts please",
    "no texting", "i dont want these texts", "I don't want to receive texts", "I no longer want these messages",
    "I don't want to be contacted", "I don't want to hear from you", "I never signed up for these texts", "didn't ask for your promos",
    "take me off", "take me off your list", "take me off the list please", "take my number off", "remove", "remove me", "Remove me please",
    "remove me from this list", "no thank you, remove me", "remove my number", "delete me", "delete my number", "get me off this list",
    "lose my number", "lose this number!", "block me", "opt me out", "I want to opt out", "opting out", "optout please",
    "opt out of all texts", "unsub", "unsuscribe", "unsubscribe me", "unsubscribe please", "how do I unsubscribe", "cancel these messages",
    "end texts", "turn off these notifications", "leave me alone", "go away", "fuck off", "cease and desist", "quit it", "quit texting me",
    "quit sending me texts", "spam", "this is spam", "Reported as spam", "I'll report you", "I'm going to report you to the FCC",
    "wrong number", "Wrong number sorry", "wrong #", "Wrong person", "this isn't Ann, wrong person", "you have the wrong number",
    "hey you got the wrong number", "not my number", "not interested", "Not interested, thanks", "I revoke my consent",
    "i withdraw my consent", "I do not consent", f"{OUR_TEXT}\nno more texts please", f"> {OUR_TEXT}\nSTOP", f"“{OUR_TEXT}” stop",
    '"please stop texting me, I mean it"',
]  # fmt: skip
SPANISH = [
    "no más", "no mas", "basta", "parar", "alto", "pare por favor", "no me escriban", "no me manden mensajes", "ya no me manden mensajes",
    "no más textos por favor", "no quiero recibir más mensajes", "no quiero mensajes", "deje de enviarme mensajes", "dejen de molestar",
    "para de escribirme", "déjame en paz", "número equivocado", "cancelar", "darme de baja", "quítame de la lista",
    "quiteme de su lista", "borra mi número", "eliminar mi numero", "no me interesa",
]  # fmt: skip
HINDI = [
    "band karo", "bandh karo", "band kar do", "msg band karo", "ye message band karo", "mat bhejo", "message mat bhejo", "mujhe mat bhejo",
    "message mat karo", "mujhe message mat karo", "sms mat karo", "mat karo message", "nahi chahiye", "message nahi chahiye",
    "mera number hatao", "hata do mera number", "galat number", "wrong number hai", "pareshan mat karo", "tang mat karo", "roko",
    "बंद करो", "मत भेजो", "मैसेज बंद करो", "नहीं चाहिए", "परेशान मत करो",
]  # fmt: skip
NOT = [
    # "stop", "end", "cancel", "quit" about something else
    "can't stop smiling", "I can't stop smiling, the car looks great", "end of day works", "the weekend works", "stop by the shop tomorrow?",
    "I'll stop by at 5", "please stop by the office", "can you stop in on friday", "see you at the bus stop", "I'm at the stop light",
    "please stop at the gate and text me", "what time do you stop", "It never stops raining", "can you stop the smell in my car",
    "how can I stop it from scratching", "I want to stop the rust", "non stop rain", "why did I stop getting your messages?",
    "my appointment ends at 3", "does the offer end today?", "What time do you end on Saturday", "I quit smoking", "quit raining yet?",
    "please cancel my appointment tomorrow", "Please cancel my 3pm", "ok cancel friday", "can I cancel?", "booking cancel kar do",
    "the cancel button does not work on your site", "I opted out of the ceramic coating", "i opt out of the wax add on", "opt for the basic",
    # "remove", "take off", "no more", "don't", "never" about something else
    "please remove me from the 3pm slot", "take me off the 3pm slot and put me at 4", "remove the stains please", "remove the pet hair",
    "drop me off here please", "when can you get me out?", "get me out a quote", "don't forget my appointment", "don't forget me",
    "leave me a message", "leave it outside", "no more than 50 dollars please", "no more dents!", "any more availability?",
    "I don't want to pay that much", "I don't want the interior done", "never mind", "Not yet", "No.", "No thank you", "No gracias",
    "I never text and drive", "please don't text while driving lol", "dont message my husband, its a surprise",
    "please don't call, text me instead", "Please text me when done, don't call", "not interested in the wax, just the wash",
    "is this the wrong number for bookings?", "Do I have the wrong number?", "Is this spam?", "your email went to my spam",
    "I need to report this to my insurance", "Send the report you mentioned", "do I need a consent form?", "that's enough",
    # a message we missed is not a wish
    "Did you not text me back?", "You did not message me", "you never text me back", "You never contacted us about the quote",
    "why don't you text me when ready", "I did not get any texts from you", "I didn't receive the messages", "no messages from you yesterday?",
    "I don't get your texts anymore, why?", "I have not seen any texts", "new phone who dis",
    # other languages
    "el carro no para", "para de lunes a viernes", "no quiero cera, solo lavado", "basta con un lavado", "basta ya de lluvia",
    "quiero la lista de servicios", "kal band hai kya", "dukaan band kar di kya?", "AC band kar dena", "gaadi band ho gayi",
    "driver ko mat bhejna main khud aaunga", "wax nahi chahiye sirf wash", "ruko main aa raha hoon", "galat time bola tha",
    # everyday replies
    "do you have anything this weekend?", "thanks!", "yes please", "what time do you open", "start at 9?", "info about ceramic coating?",
    "help me choose a package", "Do you still have the promo?", "", "👍", "?", "ok",
    # phones that answer with our own words
    f"Liked “{OUR_TEXT}”", f'Loved "{OUR_TEXT}"', f"👍 to “{OUR_TEXT}”", f"❤️ “{OUR_TEXT}”", f"Le gustó “{OUR_TEXT}”",
    f"Emphasized “{OUR_TEXT}", f"Liked “{OUR_TEXT[:90]}…”", f"> {OUR_TEXT}\nSounds great, see you Friday", OUR_TEXT,
    'what does "Reply STOP to unsubscribe" mean?',
]  # fmt: skip


@pytest.mark.parametrize("text", EXACT)
def test_a_keyword_alone_stops(text):
    assert classify_reply(text) is ReplyIntent.STOP_EXACT


@pytest.mark.parametrize("text", ENGLISH + SPANISH + HINDI)
def test_a_wish_in_other_words_stops_too(text):
    assert classify_reply(text) is ReplyIntent.STOP_FREE_TEXT


@pytest.mark.parametrize("text", NOT)
def test_a_harmless_message_stops_nothing(text):
    assert classify_reply(text) is ReplyIntent.NONE


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("START", "start_exact"),
        ("yes", "start_exact"),
        ("Yes!", "start_exact"),
        ("Unstop", "start_exact"),
        ("HELP", "help"),
        ("info?", "help"),
    ],
)
def test_start_and_help_are_known(text, intent):
    assert classify_reply(text) == intent


def test_the_keywords_are_the_carriers():
    assert {"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"} == STOP_WORDS
    assert {"start", "yes", "unstop"} == START_WORDS and {"help", "info"} == HELP_WORDS


@given(
    st.sampled_from([*EXACT, "please stop texting me", "wrong number", "no me escriban", "message mat karo"]),
    st.sampled_from(["", " ", "\u200b", "!!", "...", " 😡", "\n"]),
    st.booleans(),
)
def test_case_and_decoration_change_nothing(text, decoration, is_loud):
    assert classify_reply(decoration + (text.upper() if is_loud else text) + decoration) is classify_reply(text)


@settings(max_examples=300, deadline=None)
@given(
    st.text(max_size=200)
    | st.lists(
        st.sampled_from(
            [
                "stop",
                "please",
                "the",
                "texts",
                "me",
                "not",
                "no",
                "more",
                "(",
                ")",
                "“",
                "”",
                ">",
                "\n",
                ",",
                ".",
                "-",
                "take",
                "off",
                "list",
            ]
        )
    ).map(" ".join)
)
def test_every_reply_gets_an_answer(text):
    assert isinstance(classify_reply(text), ReplyIntent)


@pytest.mark.parametrize(
    "piece",
    ["no ", "stop all the ", "please you can ", "don't want a b c d e ", "“", ">\n", "take me off the ", "message a b ", ", ", "\u0301"],
)
def test_a_reply_of_any_size_is_read_in_no_time(piece):
    started = time.perf_counter()
    classify_reply(piece * 50_000)
    assert time.perf_counter() - started < 1
