"""Property-based questions to a running server, made by schemathesis from its committed schema.

Whatever is asked, nothing inside may fail: no status of 500 or above, no error with the code of an internal one, no answer that is not
JSON. Prints one JSON line and ends well only when that held. Told by SHPUNT_URL, SHPUNT_LOGIN and SHPUNT_PASSWORD where to look, and by
SHPUNT_EXAMPLES how many questions to make for each field.
"""

import collections
import json
import os
import pathlib
import re
import sys

import hypothesis
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, Verbosity, settings, strategies
from hypothesis.errors import Unsatisfiable
from schemathesis import graphql
from schemathesis.graphql import nodes

ROOT = pathlib.Path(__file__).parents[2]
EXAMPLES = int(os.environ.get("SHPUNT_EXAMPLES", "60"))
# They end the session everything else is asked under, or close the login.
SPARED = {"sessionDelete", "sessionRevoke", "passwordChange", "userUpdate"}

# What an input calls a party or an employee.
PARTIES = {"customer": "party", "supplier": "party", "carrier": "party", "manager": "employee"}


def scalars() -> None:
    """Values of our scalars, most of them well formed: what is refused at the door tests nothing behind it."""
    text = lambda strategy: strategy.map(nodes.String)
    decimals = strategies.decimals(-10**9, 10**12, places=2, allow_nan=False).map(str)
    days = strategies.dates().map(str)
    moments = strategies.datetimes().map(lambda at: at.strftime("%Y-%m-%dT%H:%M:%SZ"))
    graphql.scalar("Decimal", text(decimals))
    graphql.scalar("Date", text(days))
    graphql.scalar("DateTime", text(moments))
    graphql.scalar("UUID", text(strategies.uuids().map(str)))


def with_ids(sdl: str) -> str:
    """The schema with a scalar of its own for each kind of id, so that most ids are those of a row that may exist."""
    kinds = set()

    def kind(found: re.Match) -> str:
        name = re.sub(r"(?<!^)(?=[A-Z])", "_", found[1]).lower()
        kinds.add(PARTIES.get(name, name))
        return f"{found[1]}{found[2]}: {found[3]}{PARTIES.get(name, name)}_key"

    sdl = re.sub(r"\b(\w+)(Ids?): (\[?)ID\b", kind, sdl)
    for name in kinds:
        graphql.scalar(f"{name}_key", strategies.integers(1, 40).map(lambda row, name=name: nodes.String(f"{name}_{row}")))
    return sdl + "".join(f"\nscalar {name}_key" for name in sorted(kinds))


def signed_in(url: str) -> requests.Session:
    session = requests.Session()
    document = "mutation($input: SessionCreateInput!) { sessionCreate(input: $input) { userErrors { code message } } }"
    secret = {"login": os.environ["SHPUNT_LOGIN"], "password": os.environ["SHPUNT_PASSWORD"]}
    answer = session.post(url, json={"query": document, "variables": {"input": secret}}, timeout=30).json()
    if answer["data"]["sessionCreate"]["userErrors"]:
        sys.exit(f"the login is refused: {answer}")
    return session


def verdict(answer: requests.Response) -> str | None:
    """What is wrong with an answer."""
    if answer.status_code >= 500:
        return f"status {answer.status_code}"
    try:
        body = answer.json()
    except ValueError:
        return "not JSON"
    for error in body.get("errors", []):
        if error.get("extensions", {}).get("code") in (None, "INTERNAL_SERVER_ERROR"):
            return f"error {error}"
    return None


def main() -> None:
    url = os.environ["SHPUNT_URL"].rstrip("/") + "/graphql"
    scalars()
    schema = schemathesis.graphql.from_file(with_ids((ROOT / "api" / "schema.graphql").read_text()))
    schema.config.update(base_url=url)
    session = signed_in(url)
    asked, failed, codes = 0, [], collections.Counter()
    fields = [found.ok() for found in schema.get_all_operations()]
    fields = [field for field in fields if field.definition.field_name not in SPARED]
    for number, field in enumerate(fields, 1):
        name = field.label

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            verbosity=Verbosity.quiet,
            suppress_health_check=list(HealthCheck),
        )
        @hypothesis.given(case=field.as_strategy())
        def ask(case) -> None:
            nonlocal asked
            answer = session.post(url, json={"query": case.body}, timeout=60)
            asked += 1
            wrong = verdict(answer)
            if wrong is not None:
                failed.append({"field": name, "wrong": wrong, "query": case.body})
            for error in answer.json().get("errors", []) if wrong is None else []:
                codes[error["extensions"]["code"]] += 1

        try:
            ask()
        except Unsatisfiable:
            print(f"{name}: no question fits", file=sys.stderr)
        if sys.stderr.isatty():
            print(f"\r{number}/{len(fields)} fields, {asked} questions, {len(failed)} failed", end="", file=sys.stderr, flush=True)
    for failure in failed[:20]:
        print(json.dumps(failure, ensure_ascii=False), file=sys.stderr)
    print(json.dumps({"asked": asked, "fields": len(fields), "failed": len(failed), "codes": dict(codes.most_common())}))
    sys.exit(1 if failed else 0)


main()
