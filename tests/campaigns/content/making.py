"""A content to compile, and one person's values."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP

from campaigns.content.blocks import Block, Button, Content, Divider, Heading, Image, Text
from campaigns.content.brand import Brand, Sender
from campaigns.content.compiler import CompiledMessage, Tracking, compile_message
from campaigns.content.links import LinkRegistry
from ecrm.mail.handover import document_form

BRAND = Brand("Verdelume, Lda.", "Rua Inventada 1\n4000-000 Porto", reason="You agreed to the newsletter.")
SENDER = Sender("Zażółć", "ola@news.example", reply_to="help@example.com", list_id="news.example", feedback_id="7:acme")

VALUES = {
    "contact.given_name": "Inês",
    "contact.city": "Porto",
    "contact.company": "",
    "to_name": "Inês Prata",
    "to_email": "ines@correio.example",
    "message_id": "<0123abc@news.example>",
    "date": "Sat, 21 Nov 2026 20:00:00 +0000",
    "unsubscribe_url": "https://crm.example/p/u/token",
    "preferences_url": "https://crm.example/p/c/token",
    "click_base": "https://crm.example/p/l/token",
    "open_url": "https://crm.example/p/o/token",
}

BLOCKS: tuple[Block, ...] = (
    Heading("h", text='Zażółć, {{ contact.given_name | default: "friend" }}'),
    Text("t", html="<p>Hello <b>dear</b> friend, <a href='https://shop.example/?a=1&amp;b=2'>shop</a></p>"),
    Button("b", label="Order, 24 €", url="https://shop.example/order"),
    Image("i", src="https://img.example/a.png", alt="Two candles", url="https://shop.example/order"),
    Divider("d"),
)


def content(
    *blocks: Block, subject: str = "Refill for {{ contact.given_name }}", preheader: str = "Until Sunday"
) -> Content:
    return Content(subject, blocks or BLOCKS, preheader)


def compiled(
    made: Content | None = None, *, tracking: Tracking | bool = False, links: LinkRegistry | None = None, **changed
) -> CompiledMessage:
    arguments = {"language": "en", "brand": BRAND, "sender": SENDER} | changed
    return compile_message(
        made or content(), links=LinkRegistry() if links is None else links, tracking=tracking, **arguments
    )


def received(message: CompiledMessage, values: dict[str, str] | None = None, **render) -> EmailMessage:
    """The message as its reader's mail program has it."""
    octets = document_form(message.render(VALUES if values is None else values, **render))
    return message_from_bytes(octets, policy=SMTP)


def body(message: EmailMessage, subtype: str) -> str:
    return message.get_body((subtype,)).get_content()
