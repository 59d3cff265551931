"""Pseudonyms: identity numbers in deterministic encryption (AES-SIV, RFC 5297).

The same number gives the same pseudonym in every file and delivery, so rows can be joined; without
the office's key it tells nothing. It is written with the letters a–p only, so that no run of digits
in it can be taken for an identity number.
"""

import os
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from introstat.errors import UserError
from introstat.identity.numbers import numbers_replaced

KEY_VARIABLE = "INTROSTAT_KEY"
KEY_FILE_VARIABLE = "INTROSTAT_KEY_FILE"
_KEY_BYTES = 64
PSEUDONYM_LETTERS = "abcdefghijklmnop"
_TO_LETTERS = str.maketrans("0123456789abcdef", PSEUDONYM_LETTERS)
_TO_HEX = str.maketrans(PSEUDONYM_LETTERS, "0123456789abcdef")


class Pseudonymiser:
    """Replaces identity numbers by pseudonyms with one key."""

    def __init__(self, key: bytes) -> None:
        """Take a key of 64 bytes (AES-256-SIV)."""
        self._cipher = AESSIV(key)

    def pseudonym(self, number: str) -> str:
        """Return the pseudonym of an identity number, or of whatever stands in its place."""
        return self._cipher.encrypt(number.encode(), None).hex().translate(_TO_LETTERS)

    def replace_in_text(self, text: str) -> str:
        """Return the text with every number in it replaced by its pseudonym."""
        return numbers_replaced(text, self.pseudonym)

    def number(self, pseudonym: str) -> str:
        """Return the number behind a pseudonym. Raises ValueError if another key made it."""
        try:
            sealed = bytes.fromhex(pseudonym.translate(_TO_HEX))
            return self._cipher.decrypt(sealed, None).decode()
        except Exception as error:
            raise ValueError("the pseudonym was not made with this key") from error

    @property
    def fingerprint(self) -> str:
        """A short text that tells keys apart and gives nothing of the key away."""
        return self.pseudonym("introstat key fingerprint")[:16]


def default_key_file() -> Path:
    """Return where the key lies when nothing else is said: in the user's configuration folder."""
    configuration = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(configuration) / "introstat" / "pseudonym.key"


def load_key(key_file: Path | None = None, *, make: bool = True) -> tuple[bytes, str]:
    """Return the key and a sentence on where it comes from.

    Looked for in this order: the named file, $INTROSTAT_KEY (128 hexadecimal digits),
    $INTROSTAT_KEY_FILE, the default file; the last is made, readable by its owner only, if it is
    not there and `make` is true. Raises UserError if a key cannot be read or has the wrong form.
    """
    in_environment = os.environ.get(KEY_VARIABLE)
    if key_file is None and in_environment:
        return _parsed(in_environment, f"${KEY_VARIABLE}"), f"key from ${KEY_VARIABLE}"
    named = key_file or (
        Path(os.environ[KEY_FILE_VARIABLE]) if os.environ.get(KEY_FILE_VARIABLE) else None
    )
    if make and named is None and not default_key_file().exists():
        return _made(default_key_file())
    path = named or default_key_file()
    try:
        text = path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"The pseudonym key {path} cannot be read ({type(error).__name__}). Name the right "
            f"file with --key-file or ${KEY_FILE_VARIABLE}."
        ) from error
    return _parsed(text, str(path)), f"key from {path}"


def _parsed(text: str, where: str) -> bytes:
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        key = b""
    if len(key) != _KEY_BYTES:
        raise UserError(
            f"The pseudonym key in {where} is not a key: expected {2 * _KEY_BYTES} hexadecimal "
            "digits. Make one with: python -c 'import secrets; print(secrets.token_hex(64))'"
        )
    return key


def make_key(path: Path) -> bytes:
    """Write a key to a new file that only its owner can read. Raises OSError if it cannot."""
    key = os.urandom(_KEY_BYTES)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(key.hex() + "\n")
    return key


def _made(path: Path) -> tuple[bytes, str]:
    try:
        key = make_key(path)
    except OSError as error:
        raise UserError(
            f"No pseudonym key is named and none can be written to {path} "
            f"({error.strerror}). Set ${KEY_FILE_VARIABLE} or ${KEY_VARIABLE}."
        ) from error
    return (
        key,
        f"a new key, written to {path}: keep a copy, pseudonyms cannot be made again without it",
    )
