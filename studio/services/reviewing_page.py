"""The page of a reviewer pack: one file that works without a network, and saves its votes as a file."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping, Sequence
from string import Template

from studio.domain.i18n import _, language

_PAGE = Template("""<!doctype html>
<html lang="$lang"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none';
 form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>$title</title>
<style>
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --accent: #4f5bd5; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; }
fieldset { border: 1px solid var(--line); border-radius: 8px; margin: 1rem 0; padding: 1rem; }
legend { font-weight: 600; padding: 0 .4rem; }
.text { white-space: pre-wrap; overflow-wrap: anywhere; margin: .25rem 0; }
.sides { display: grid; grid-template-columns: 1fr 1fr; gap: 1rem; margin: .75rem 0; }
.sides > div { background: var(--soft); border-radius: 8px; padding: .75rem; }
.hint { opacity: .75; }
label { margin-right: 1.2rem; white-space: nowrap; }
input[type=text] { font: inherit; padding: .4rem .6rem; }
button { font: inherit; padding: .5rem 1rem; border-radius: 8px; border: 0; background: var(--accent); color: #fff; }
#foot { position: sticky; bottom: 0; background: Canvas; padding: .75rem 0; border-top: 1px solid var(--line); }
@media (max-width: 40rem) { .sides { grid-template-columns: 1fr; } }
</style></head><body>
<h1>$title</h1>
<p>$sentence</p>
<p><label>$name <input type="text" id="voter" maxlength="100" autocomplete="name"></label></p>
<form id="votes">$questions</form>
<div id="foot"><button type="button" id="save">$save</button> <span id="count" class="hint"></span></div>
<script>
const pack = $pack, form = document.getElementById("votes"), total = form.querySelectorAll("fieldset").length;
const chosen = () => form.querySelectorAll("input:checked").length;
const tell = () => { document.getElementById("count").textContent = chosen() + " / " + total; };
form.addEventListener("change", tell); tell();
document.getElementById("save").addEventListener("click", () => {
  const voter = document.getElementById("voter");
  if (!voter.value.trim()) { voter.focus(); return; }
  const votes = [...form.querySelectorAll("fieldset")].map(f => ({ key: f.dataset.key,
    choice: (f.querySelector("input:checked") || { value: "" }).value }));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([JSON.stringify({ pack: pack, voter: voter.value.trim(), votes: votes })],
    { type: "application/json" }));
  link.download = "votes-" + voter.value.trim().replace(/[^\\p{L}\\p{N}]+/gu, "-") + ".json";
  link.click();
});
</script></body></html>
""")
_QUESTION = Template("""<fieldset data-key="$key"><legend>$number</legend><div class="text">$text</div>
<div class="text hint">$expected</div>
<div class="sides"><div><b>A</b><div class="text">$a</div></div><div><b>B</b><div class="text">$b</div></div></div>
$choices</fieldset>""")


def page_of(token: str, questions: Sequence[Mapping[str, str]], choices: Sequence[str]) -> str:
    """The page as HTML; every text of data and models is escaped.

    Args:
        token: Which pack it is.
        questions: With ``key``, ``text``, ``expected``, ``a`` and ``b`` each.
        choices: Words of the choices 1 to 4.
    """
    shown = []
    for number, question in enumerate(questions, 1):
        buttons = "".join(
            f'<label><input type="radio" name="q{number}" value="{value}"> {html.escape(words)}</label>'
            for value, words in enumerate(choices, 1)
        )
        safe = {key: html.escape(text) for key, text in question.items()}
        expected = _("Expected: {text}").format(text=question["expected"]) if question["expected"] else ""
        shown.append(_QUESTION.substitute({**safe, "expected": html.escape(expected)}, number=number, choices=buttons))
    return _PAGE.substitute(
        lang=language().replace("_", "-"),
        title=html.escape(_("Which answer is better?")),
        sentence=html.escape(
            _("Nothing is sent anywhere: at the end a file with your votes is saved, which you send back.")
        ),
        name=html.escape(_("Your name")),
        save=html.escape(_("Save the votes")),
        questions="\n".join(shown),
        # Inside a script no tag may end early.
        pack=json.dumps(token).replace("<", "\\u003c"),
    )
