"""What a device keeps of conversations: over reloads, and in tabs of their own."""

from __future__ import annotations

from browser import ASKED, Site, Visit, answered, ask
from playwright.sync_api import expect

pytest_plugins = ("browser",)


def test_reload_keeps_the_conversation_and_the_language(site: Site, visit: Visit) -> None:
    page = visit()
    ask(page, ASKED)
    answered(page)
    page.get_by_role("button", name="한국어").click()
    page.locator("html[lang=ko] #gisa-chat .actions").wait_for()
    assert page.locator(".asked").all_inner_texts() == [ASKED]
    assert page.get_by_role("tab").all_inner_texts() == ["질문", "기사", "품질"]
    ask(page, "And the public sector?")
    assert "Korea" in answered(page, 2).locator(".understood").inner_text()
    page.reload()
    assert answered(page, 2).is_visible()


def test_two_tabs_do_not_disturb_each_other(site: Site, visit: Visit) -> None:
    one = visit()
    two = one.context.new_page()
    two.goto(site.url, wait_until="commit")
    two.locator("#gisa-chat .composer").wait_for()
    ask(one, ASKED)
    ask(two, "Who won the 2018 World Cup?")
    answered(one)
    answered(two)
    for page in (one, two):
        page.reload()
        answered(page)
    assert one.locator(".asked").all_inner_texts() == [ASKED]
    assert two.locator(".asked").all_inner_texts() == ["Who won the 2018 World Cup?"]
    one.get_by_role("button", name="Earlier conversations").click()
    listed = one.get_by_role("list", name="Earlier conversations").get_by_role("button")
    assert listed.count() == 2
    listed.filter(has_text="World Cup").click()
    assert one.locator(".asked").all_inner_texts() == ["Who won the 2018 World Cup?"]


def test_a_reload_while_asking_keeps_the_question(site: Site, visit: Visit) -> None:
    site.model.go.clear()
    page = visit()
    ask(page, ASKED)
    assert site.model.began.wait(10)
    page.reload()
    expect(page.locator(".outcome")).to_contain_text("This question was interrupted before its answer.")
    site.model.go.set()
    page.get_by_role("button", name="Ask again").click()
    assert "260,000" in answered(page).inner_text()
