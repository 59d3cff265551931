"""Small deliveries made in tests, true to the contract unless the test says otherwise."""

import gzip
import hashlib
import json
from pathlib import Path

HEADERS = {
    "personer.csv": "ident;duf_nummer;kjonn;fodselsdato;fodeland;statsborgerskap;oppholdsgrunnlag;"
    "opphold_dato;ankomst_dato;utdanningsbakgrunn;adressebeskyttelse;bosatt_kommune;bosatt_dato;"
    "dod_dato;reservert_forskning;registrert_dato",
    "kategorier.csv": "kategori_id;ident;kategori;kommunenr;fra_dato;til_dato;registrert_dato",
    "vedtak.csv": "vedtak_id;ident;kommunenr;vedtakstype;vedtaksdato;fra_dato;til_dato;begrunnelse;"
    "registrert_dato",
    "deltakelser.csv": "deltakelse_id;ident;kommunenr;vedtak_id;start_dato;slutt_dato;"
    "avslutningsarsak;avslutning_kilde;avslutning_registrert_dato;sluttmal;"
    "integreringskontrakt_dato;registrert_dato",
    "tiltak.csv": "tiltak_id;deltakelse_id;tiltakstype;fra_dato;til_dato;timer_per_uke;"
    "registrert_dato",
    "fravaer.csv": "fravaer_id;deltakelse_id;fravaerstype;fra_dato;til_dato;timer;registrert_dato",
    "permisjoner.csv": "permisjon_id;deltakelse_id;permisjonstype;fra_dato;til_dato;"
    "registrert_dato",
    "virksomheter.csv": "virksomhet_id;kommunenr;gyldig_fra;gyldig_til",
    "identer.csv": "ident;gjeldende_ident;fra_dato",
    "bosatt.csv": "bosatt_id;ident;kommunenr;fra_dato;til_dato",
    "signaler.csv": "signal_id;ident;signal;fra_dato;til_dato;kilde",
}
FILES = {
    "nir": list(HEADERS)[:7],
    "folkeregister": ["identer.csv", "bosatt.csv"],
    "status": ["signaler.csv"],
    "aordningen": [],
    "kostra": [],
}


def deliver(
    extracts: Path,
    source: str,
    delivered: str,
    rows: dict[str, list[str]] | None = None,
    *,
    raw: dict[str, bytes] | None = None,
    encoding: str = "utf-8",
    manifest: dict | None = None,
) -> Path:
    """Write a delivery: `rows` are lines below the header, files not named have none.

    `raw` replaces a file's bytes (the manifest then describes those, counting lines but one);
    `manifest` overrides entries of the manifest.
    """
    folder = extracts / source / delivered
    folder.mkdir(parents=True)
    contents = {name: HEADERS[name] + "\n" for name in FILES[source]}
    for name, lines in (rows or {}).items():
        head = [HEADERS[name]] if name in HEADERS else []
        contents[name] = "".join(line + "\n" for line in head + lines)
    files = {}
    for name, text in contents.items():
        if raw and name in raw:
            continue
        (folder / name).write_bytes(text.encode(encoding))
        number = text.count("\n") - (1 if name in HEADERS else 0)
        files[name] = {"rows": number, "sha256": hashlib.sha256(text.encode(encoding)).hexdigest()}
    for name, content in (raw or {}).items():
        (folder / name).write_bytes(content)
        plain = gzip.decompress(content) if name.endswith(".gz") else content
        files[name] = {
            "rows": max(plain.count(b"\n") - 1, 0),
            "sha256": hashlib.sha256(content).hexdigest(),
        }
    described = {
        "contract": f"{source}/1",
        "source": source,
        "delivered": delivered,
        "covers_until": delivered,
        "encoding": encoding,
        "files": files,
    } | (manifest or {})
    (folder / "manifest.json").write_text(json.dumps(described), encoding="utf-8")
    return folder


def ident(number: int) -> str:
    """Return a valid synthetic identity number (month + 80), a different one for each number."""
    start = number
    while True:
        nine = f"{1 + start % 28:02d}{81 + start // 28 % 12:02d}90{start // 336 % 1000:03d}"
        digits = [int(character) for character in nine]
        k1 = -sum(d * w for d, w in zip(digits, (3, 7, 6, 1, 8, 9, 4, 5, 2), strict=True)) % 11
        k2 = (
            -sum(d * w for d, w in zip([*digits, k1], (5, 4, 3, 2, 7, 6, 5, 4, 3, 2), strict=True))
            % 11
        )
        if k1 < 10 and k2 < 10:
            return f"{nine}{k1}{k2}"
        start += 100_000


def income(
    person: str, month: str, *lines: dict, employer: str = "964338531", unit: str = "974778807"
) -> str:
    """Return one line of inntekt-YYYY-MM.jsonl."""
    return json.dumps(
        {
            "opplysningspliktigId": employer,
            "virksomhetId": unit,
            "kalendermaaned": month,
            "inntektsmottaker": {"personidentifikator": person},
            "inntekt": list(lines),
        }
    )


def benefit(amount: float | str) -> dict:
    """Return an income line of introduction benefit."""
    return {
        "fordel": "kontantytelse",
        "utloeserArbeidsgiveravgift": False,
        "inngaarIGrunnlagForTrekk": True,
        "beloep": amount,
        "pensjonEllerTrygd": {"beskrivelse": "introduksjonsstoenad"},
    }


def wage(amount: float | str) -> dict:
    """Return an income line of wages."""
    return {"beloep": amount, "loennsinntekt": {"beskrivelse": "timeloenn"}}
