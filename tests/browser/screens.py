"""Look at a page as on a phone and on a desk, by day and by night, and let axe-core judge each."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

EVERY_RULE = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
# The theme changes colours alone, so at night only the rules about colours can find something new.
COLOUR_RULES = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
WIDTHS, THEMES = (360, 1280), {"light": EVERY_RULE, "dark": COLOUR_RULES}
HEIGHT = 900
_AXE = Axe().axe_script
# The theme of the admin is a class that its script sets when the page loads; colours shall not be judged half faded.
_SET_THEME = "theme => document.documentElement.matches('[x-data]') && document.documentElement.classList.toggle('dark', theme === 'dark')"
_STILL = "*, *::before, *::after { transition: none !important; animation: none !important; }"
_TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def judge(page: Page) -> list[str]:
    """Return the rule, the element and the reason of every violation, and where the page is wider than its screen."""
    page.wait_for_load_state("load")
    page.add_style_tag(content=_STILL)
    if not page.evaluate("typeof window.axe === 'object'"):
        page.evaluate(_AXE)
    found: list[str] = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        for theme, rules in THEMES.items():
            page.emulate_media(color_scheme=theme)
            page.evaluate(_SET_THEME, theme)
            found += [f"{page.url} at {width} px, {theme}: {line}" for line in _violations(page, rules)]
    return found


def _violations(page: Page, rules: dict[str, object]) -> list[str]:
    options = {"runOnly": rules, "resultTypes": ["violations"]}
    answer = page.evaluate("options => axe.run(document, options).then(found => found.violations)", options)
    found = [f"{rule['id']}: {node['target']} {node['failureSummary']}" for rule in answer for node in rule["nodes"]]
    wider = page.evaluate(_TOO_WIDE)
    return [*found, f"{wider} px wider than the screen"] if wider > 0 else found


def check(page: Page) -> None:
    """Fail with every violation, each on a line."""
    if found := judge(page):
        pytest.fail("\n".join(found), pytrace=False)
