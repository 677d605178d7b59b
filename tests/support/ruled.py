"""Counts, lists and explanations under a policy as a real server gives them, held against tests/recount_policy.py over the same entries."""
import glob
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import jokbo  # noqa: E402
import recount  # noqa: E402
from recount_policy import REASONS  # noqa: E402

FOLDER = os.path.join(jokbo.ROOT, "registry", "data", "policies")
GROUP_BY = ["GROUPING_" + grouping.upper().replace("-", "_") for grouping in recount.GROUPINGS]


def text_of(name):
    with open(os.path.join(FOLDER, name + ".policy"), encoding="utf-8") as file:
        return file.read()


READY = [name for name in (os.path.basename(path)[:-len(".policy")] for path in sorted(glob.glob(os.path.join(FOLDER, "*.policy"))))
         if "\nversion 1\n" in text_of(name)]  # a further version may only follow the one before it


def rules(name, **on):
    """A policy of rule set 2 with all reasons off but late, yanked, excluded and those given: no_artifact="on held"."""
    lines = dict.fromkeys(REASONS[2], "off") | dict.fromkeys(("late", "yanked", "excluded"), "on")
    lines |= {reason.replace("_", "-"): value for reason, value in on.items()}
    return "jokbo/policy/v1\nname %s\nversion 1\nrules 2\n%s" % (name, "".join("%s %s\n" % line for line in lines.items()))


def word(value, prefix="REASON_"):
    """A reason, or a value of another enum, in the words of texts."""
    return value[len(prefix):].lower().replace("_", "-")


def reason_of(text):
    return "REASON_" + text.upper().replace("-", "_")


def kind_of(scope):
    """What the recount calls a scope."""
    kind, name = next(iter(scope.items()))
    return {"base_model": "base"}.get(kind, kind), None if kind == "all" else name


def scopes_of(known):
    """All scopes that a fold knows."""
    bases = [{"base_model": model.name} for model in known.roster if model.team]
    return [{"all": True}] + [{"team": team} for team in known.teams] + bases


def told(count):
    """A DerivativeCount of the interface in the command line's form, without the time."""
    groups = [{"grouping": word(g["grouping"], "GROUPING_"), "key": g["key"], "count": int(g["count"]), "from_census": int(g["from_census"])}
              for g in count["groups"]]
    left_out = [{"reason": word(r["reason"]), "count": int(r["count"])} for r in count["left_out"]]
    numbers = {k: int(v) for k, v in count.items() if isinstance(v, str) and v.isdigit() and k not in ("policy_sha256", "rulings_size")}
    return {"scope": count["scope"], "groups": groups, "left_out": left_out, "policy_sha256": count["policy_sha256"],
            "next_page_token": count["next_page_token"], **numbers}


def counted(standing, scope):
    """The recount's own, in the same form."""
    found = standing.count(*kind_of(scope), recount.GROUPINGS)
    for name in ("log_time", *recount.NO_STAGE):
        found.pop(name)
    return found


def reasons(standing, row):
    """Of one derivative, by the names of its roots."""
    return {root.name: found for root, found in row.reasons.items()}


def told_reasons(explained):
    return {one["root"]["name"]: [word(fact["reason"]) for fact in one["reasons"]] for one in explained["roots"]}
