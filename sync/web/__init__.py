"""What the service answers over HTTP: the dashboard, its JSON API, and the webhooks of the shops.

    app.py          the application: its layers and routes          guard.py   headers, and an answer where all fails
    access/         who is let in: gate.py stands before everything, doors.py are the login pages
    page.py         what a page, an answer of the API and a form's action are; each becomes a route with a role
    desk.py         what a page's function works with: connection, day, families, visitor, voice
    sheet.py        tables: searched, sorted, cut into pages        chart.py   charts, with their table beside them
    plot.py         the same charts drawn without a script          report.py  the pages in one file, to mail
    pages/, api/    one module a page, or an answer                 templates/, static/   what they are shown with

To add a page:

1. `pages/NOUN.py`: frozen dataclasses that hold what the page says, as plain values (days as YYYY-MM-DD, `Money`), and
   a function that gives it: `def noun(desk: Here, wished: Wished, as_of: AsOf = "") -> Noun`. Its parameters are those
   of the address, its docstring's first line is what the API's list says of it. It asks within `desk.reading()`, shows
   addresses through `desk.address()`, and notes whom it shows with `desk.disclosed()`. It writes nothing.
   A ConnectorError becomes a page that tells it. Texts are `desk.say.text("en français", "in English")`.
2. `templates/noun.html`: extends layout.html; each text is `t("…", "…")`, values follow as `t("… {n}", "… {n}", n=…)`;
   parts.html has heads, tables, searches, pagers, bars, charts. No style attributes and no inline scripts: the policy
   stops them. What is `found` is what the function gave.
3. `PAGE = Page("/noun", "noun.html", noun, api="/noun", place=Place("noun", "/noun", "Nom", "Noun"))`, and PAGE into
   PAGES of `pages/__init__.py`: now it has a route, an address in the API, a role and a place in the navigation.
4. A form that changes something: `Action("/noun/change", change)` into ACTIONS. `def change(desk: Here, name:
   Annotated[str, Form()]) -> Done` does it and says where to go next; the form's template has `{{ proof() }}`. It is
   for administrators, unless `role` says otherwise, and forged forms never reach it.

Tests walk the routes: each role on each route, nothing written by any GET, no text in one language only.
"""

from sync.web.app import app
from sync.web.server import listening

__all__ = ["app", "listening"]
