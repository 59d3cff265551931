"""A YAML file read part by part, so that every complaint names its line.

Every value is taken as it is written: `0301` stays 0301, `NO` is Norway and `1` is a text. YAML's
own rules would make another number, a false and a number of them.
"""

import difflib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from introstat.errors import UserError


class Part:
    """One value of a YAML file: a text, a list or a mapping, with the line it begins on."""

    def __init__(self, node: Any, file: str) -> None:
        self._node = node
        self._file = file

    @property
    def line(self) -> int:
        """The line of the file, the first being 1."""
        return int(self._node.start_mark.line) + 1

    @property
    def is_text(self) -> bool:
        """Whether it is a single value."""
        return isinstance(self._node, yaml.ScalarNode)

    @property
    def is_list(self) -> bool:
        """Whether it is a list."""
        return isinstance(self._node, yaml.SequenceNode)

    def error(self, message: str) -> UserError:
        """Return a complaint about this part."""
        return UserError(f"{self._file}, line {self.line}: {message}")

    def text(self, what: str) -> str:
        """Return the text. Raises UserError if it is none or empty."""
        found = self.word(what)
        if not found:
            raise self.error(f"{what} is empty; expected a text.")
        return found

    def word(self, what: str) -> str:
        """Return the text, which may be empty."""
        if not self.is_text:
            raise self.error(f"{what} is a list or has keys; expected a text.")
        # To YAML the word NULL is nothing; to an office it is a word.
        is_tilde = self._node.tag.endswith(":null") and self._node.value == "~"
        return "" if is_tilde else str(self._node.value).strip()

    def raw(self, what: str) -> str:
        """Return the text with the blanks around it: a delimiter may be a tab."""
        self.word(what)
        return str(self._node.value)

    def texts(self, what: str) -> tuple[str, ...]:
        """Return one text or a list of texts, none of them empty."""
        if self.is_text:
            return (self.text(what),)
        return tuple(item.text(what) for item in self.items(what))

    def words(self, what: str) -> tuple[str, ...]:
        """Return one text or a list of texts, of which some may be empty."""
        if self.is_text:
            return (self.word(what),)
        return tuple(item.word(what) for item in self.items(what))

    def written(self, what: str) -> tuple[str, ...]:
        """Return one text or a list of texts, which may be empty, as written: `~` is one too."""
        if self.is_list:
            return tuple(
                text for node in self._node.value for text in Part(node, self._file).written(what)
            )
        found = self.raw(what).strip()
        if not found:
            raise self.error(f"{what} is empty; expected a word, or [] for none.")
        return (found,)

    def number(self, what: str, least: int = 1) -> int:
        """Return a whole number of at most three digits."""
        found = self.word(what)
        if not re.fullmatch(r"[0-9]{1,3}", found) or int(found) < least:
            raise self.error(f"{what} is {found!r}; expected a whole number from {least} to 999.")
        return int(found)

    def flag(self, what: str) -> bool:
        """Return true or false."""
        found = self.word(what)
        if found not in ("true", "false"):
            raise self.error(f"{what} is {found!r}; expected true or false.")
        return found == "true"

    def choice(self, what: str, choices: Iterable[str]) -> str:
        """Return a text that must be one of the choices."""
        found = self.word(what)
        if found not in choices:
            raise self.error(f"{what} is {found!r}; expected {', '.join(choices)}.")
        return found

    def items(self, what: str) -> list["Part"]:
        """Return the parts of a list that is not empty."""
        if not self.is_list or not self._node.value:
            raise self.error(f"{what} is no list; expected lines that begin with `- `.")
        return [Part(node, self._file) for node in self._node.value]

    def entries(
        self, what: str, known: Iterable[str] | None = None, *required: str
    ) -> dict[str, "Part"]:
        """Return the parts of a mapping by key.

        Raises UserError for a key that is not known or there twice, and for a required one that is
        not there.
        """
        if not isinstance(self._node, yaml.MappingNode):
            raise self.error(f"{what} has no keys; expected lines like `key: value`.")
        found: dict[str, Part] = {}
        for key_node, value in self._node.value:
            key_part = Part(key_node, self._file)
            key = key_part.word(f"a key of {what}")
            if key in found:
                raise key_part.error(f"{key!r} is there twice in {what}.")
            if known is not None and key not in known:
                raise key_part.error(f"unknown key {key!r} in {what}; {meant(key, known)}")
            found[key] = Part(value, self._file)
        for key in required:
            if key not in found:
                raise self.error(f"{what} lacks `{key}`.")
        return found


def meant(word: str, known: Iterable[str]) -> str:
    """Return what would have been right: the nearest, else all."""
    known = list(known)
    near = difflib.get_close_matches(word, known, 1)
    return f"did you mean {near[0]!r}?" if near else f"expected one of {', '.join(known)}."


def read_yaml(path: Path, name: str) -> tuple[Part, bytes]:
    """Return a YAML file's content and its bytes; `name` is what complaints call the file."""
    try:
        content = path.read_bytes()
        node = yaml.compose(content.decode("utf-8-sig"), Loader=yaml.SafeLoader)
    except FileNotFoundError:
        raise UserError(f"{name}: there is no such mapping file.") from None
    except OSError as error:
        raise UserError(f"{name}: cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError:
        raise UserError(f"{name}: not UTF-8. Save it as UTF-8.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "cannot be read"
        raise UserError(f"{name}{line}: not YAML: {problem}.") from None
    if node is None:
        raise UserError(f"{name}: empty; docs/mapping.md says what a mapping holds.")
    return Part(node, name), content
