"""The page as a visitor meets it, in a real browser, with real recordings."""

import csv
import os
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
import pytest
import soundfile


def send(page, *paths, into="#clip"):
    page.locator(f"{into} input[type=file]").set_input_files([str(path) for path in paths])


def answered(page):
    """Label and probabilities, once the pictures are there too."""
    page.wait_for_selector("#occlusion img")
    words = page.locator("#label").inner_text().split()
    return words[1], {name: float(share.rstrip("%")) for name, share in zip(words[2::2], words[3::2], strict=True)}


def keep_picture(page, name):
    """Take a picture for the documentation, if AUDIOFEAT_SCREENSHOTS names a folder for it."""
    folder = os.environ.get("AUDIOFEAT_SCREENSHOTS")
    if folder:
        from PIL import Image

        # Without what the mouse or the keyboard last touched.
        page.evaluate("document.activeElement.blur()")
        path = Path(folder) / f"{name}.png"
        page.screenshot(path=path, full_page=True, animations="disabled")
        with Image.open(path) as picture:
            reduced = picture.convert("RGB").quantize(192, dither=Image.Dither.NONE)
        reduced.save(path, optimize=True)


def test_a_recording_gets_a_label_and_pictures(visit, pets):
    for path, expected in ((pets.dog, "dog"), (pets.cat, "cat")):
        if visit.locator("#clip button[aria-label=Clear]").count():
            visit.locator("#clip button[aria-label=Clear]").click()
            visit.wait_for_selector("#occlusion img", state="detached")
        send(visit, path)
        label, shares = answered(visit)
        assert label == expected == max(shares, key=shares.get)
        assert sum(shares.values()) == pytest.approx(100, abs=1.1)
        for picture in ("#picture", "#occlusion"):
            width, height = visit.locator(f"{picture} img").evaluate("i => [i.naturalWidth, i.naturalHeight]")
            assert min(width, height) > 200
    keep_picture(visit, "demo")


def test_nothing_comes_from_elsewhere(visit, served, pets):
    send(visit, pets.cat)
    answered(visit)
    elsewhere = [url for url in visit.asked if not url.startswith((served.address, "data:", "blob:"))]
    assert len(visit.asked) > 20
    assert elsewhere == []
    assert visit.complaints == []
    # And it could not: the browser is told so.
    blocked = visit.evaluate("fetch('https://example.org/x').then(() => 'fetched', error => error.message)")
    assert blocked == "Failed to fetch"
    assert "Content Security Policy" in " ".join(visit.complaints)


def test_the_heading_is_text(visit):
    assert visit.locator("h1").inner_text() == "Cats & dogs"
    assert "Tells apart: cat, dog. Send a recording of up to 120 s and 1 MB" in visit.inner_text("body")


def test_bad_files_are_told_of(visit, pets, tmp_path):
    send(visit, pets.cat)
    answered(visit)
    long, broken = tmp_path / "long.wav", tmp_path / "_bro_ken.wav"
    soundfile.write(long, np.zeros(200 * 2000), 2000, subtype="PCM_U8")
    broken.write_bytes(b"RIFF and nothing more")
    for path, says in (
        (broken, "_bro_ken.wav cannot be used. It cannot be read: not audio"),
        (long, "long.wav cannot be used. It is 3.33 min long; this page takes up to 2 min. Cut it first."),
    ):
        visit.locator("#clip button[aria-label=Clear]").click()
        send(visit, path)
        visit.wait_for_selector(f"#problem:has-text({path.name!r})")
        assert visit.inner_text("#problem").strip().startswith(says)
        # The answer about the last recording does not stand beside this one.
        assert visit.locator("#picture img").count() == 0
        assert visit.inner_text("#label").split() == ["Probability"]


def test_large_files_and_other_kinds_do_not_get_in(visit, served, tmp_path):
    (tmp_path / "notes.txt").write_text("no recording")
    send(visit, tmp_path / "notes.txt")
    visit.wait_for_selector("[data-testid=toast-body]:has-text('Invalid file type')")
    soundfile.write(tmp_path / "large.wav", np.random.default_rng(0).uniform(-1, 1, 600_000), 8000)
    send(visit, tmp_path / "large.wav")
    visit.wait_for_selector("[data-testid=toast-body]:has-text('maximum allowed size')")
    assert not any(path.name == "large.wav" for path in served.files)


def test_examples_can_be_chosen(visit, pets):
    visit.get_by_text(pets.dog.name, exact=True).click()
    assert answered(visit)[0] == "dog"
    visit.get_by_text(pets.cat.name, exact=True).click()
    visit.wait_for_selector("#label h2:has-text('cat')")


def test_several_files_become_a_table(visit, pets, tmp_path):
    (tmp_path / "broken.wav").write_bytes(b"RIFF and nothing more")
    visit.get_by_role("tab", name="Several files").click()
    send(visit, pets.cat, pets.dog, tmp_path / "broken.wav", into="#files")
    visit.wait_for_selector("#download")
    table = visit.inner_text("#table")
    assert pets.cat.name in table
    keep_picture(visit, "demo-files")
    with visit.expect_download() as download:
        visit.locator("#download").click()
    with Path(download.value.path()).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["file"] for row in rows] == [pets.cat.name, pets.dog.name, "broken.wav"]
    assert [row["label"] for row in rows] == ["cat", "dog", ""]
    assert all(0.5 < float(row["probability"]) <= 1 for row in rows[:2])
    assert rows[2]["problem"].startswith("It cannot be read: not audio")
    assert "not audio" in table


def test_too_many_files_are_told_of(visit, pets):
    visit.get_by_role("tab", name="Several files").click()
    send(visit, *pets.known[:4], into="#files")
    visit.wait_for_selector("#problem-files")
    assert visit.inner_text("#problem-files").strip() == "4 files are too many at once; this page takes up to 3."


def test_a_clip_can_be_recorded(visit):
    visit.get_by_label("Record audio").click()
    visit.locator("#clip").get_by_text("Record", exact=True).click()
    # The browser's own tone; a second of it, by its clock.
    visit.evaluate("window.began = performance.now()")
    visit.wait_for_function("performance.now() - window.began > 1000")
    visit.locator("#clip").get_by_text("Stop", exact=True).first.click()
    assert answered(visit)[0] in ("cat", "dog")


def test_it_fits_a_telephone(browser, served, pets):
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(served.address)
    page.wait_for_selector("#clip input[type=file]", state="attached")
    send(page, pets.cat)
    answered(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    keep_picture(page, "demo-telephone")
    context.close()


def until(condition, seconds=30):
    """Wait for another process to do something."""
    pause, deadline = threading.Event(), time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        pause.wait(0.05)
    return condition()


def test_a_visitor_leaves_nothing_behind(browser, served, pets):
    context = browser.new_context()
    page = context.new_page()
    page.goto(served.address)
    page.wait_for_selector("#clip input[type=file]", state="attached")
    sent = pets.known[0]
    send(page, sent)
    answered(page)
    assert any(path.name == sent.name for path in served.files)
    context.close()
    assert until(lambda: not any(path.name == sent.name for path in served.files))


def test_every_answer_of_the_server_carries_the_policy(served):
    for path in ("", "config", "no/such/page"):
        try:
            response = urllib.request.urlopen(served.address + path)
        except urllib.error.HTTPError as error:
            response = error
        with response:
            assert "default-src 'self'" in response.headers["Content-Security-Policy"]
            assert response.headers["Cache-Control"] == "no-store"


def test_the_process_takes_its_folder_with_it(served):
    # The last test of the page, as it ends it: opening another one takes as long as all the others.
    assert any(served.temporary.iterdir())
    assert served.stop() == "", "it has nothing else to say"
    assert served.process.returncode == 0
    assert not any(served.temporary.iterdir())
