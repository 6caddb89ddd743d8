"""The token: taken from the environment or made, compared, kept out of logs."""

import logging

import pytest

from smile_edge.errors import UsageError
from smile_edge.server.token import VARIABLE, AccessToken, Masked


def test_it_is_taken_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, " abc123 ")
    token = AccessToken.from_environment()
    assert token is not None
    assert token.value == "abc123"


@pytest.mark.parametrize("value", ["", "  "])
def test_an_empty_variable_names_none(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv(VARIABLE, value)
    assert AccessToken.from_environment() is None


@pytest.mark.parametrize("value", ["a b", "ä", "a;b", "a\r\nb", 'a"b'])
def test_what_cannot_stand_in_a_header_is_refused_without_being_shown(value: str) -> None:
    with pytest.raises(UsageError, match=VARIABLE) as raised:
        AccessToken(value)
    assert value not in str(raised.value)


def test_made_tokens_differ_and_are_long() -> None:
    made = {AccessToken.make().value for _ in range(20)}
    assert len(made) == 20
    assert min(map(len, made)) >= 32


@pytest.mark.parametrize("shown", ["", "secre", "secrets", "SECRET", "sécret", "\udcff"])
def test_only_the_whole_token_matches(shown: str) -> None:
    token = AccessToken("secret")
    assert token.matches("secret")
    assert not token.matches(shown)
    assert not token.matches_cookie(shown)


def test_the_cookie_is_not_the_token_and_the_same_after_a_restart() -> None:
    token, again = AccessToken("secret"), AccessToken("secret")
    assert token.cookie == again.cookie
    assert "secret" not in token.cookie
    assert token.matches_cookie(again.cookie)
    assert not token.matches(token.cookie)
    assert not token.matches_cookie("secret")


def test_logs_show_neither_token_nor_cookie(caplog: pytest.LogCaptureFixture) -> None:
    token = AccessToken("secret-token")
    logger = logging.getLogger("test of masks")
    logger.addFilter(Masked(token))
    try:
        raise ValueError("the path was /?token=secret-token")
    except ValueError:
        logger.exception("< %s: %s", "Authorization", f"Bearer secret-token, {token.cookie}")
    assert "secret-token" not in caplog.text
    assert token.cookie not in caplog.text
    assert "Bearer ***, ***" in caplog.text
    assert "secret-token" not in repr(token)
