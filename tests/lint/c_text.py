"""C source as the checks need it: comments and literals blanked, line for line; and the extent of functions."""
import re

LITERAL = re.compile(
    r"//(?:\\\n|[^\n])*|/\*.*?(?:\*/|\Z)|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.DOTALL)
DIRECTIVE = re.compile(r"^[ \t]*#(?:\\\n|[^\n])*", re.MULTILINE)


def spaces(match):
    return re.sub(r"[^\n]", " ", match.group())


def blank_literals(text):
    return LITERAL.sub(spaces, text)


def blank_comments(text):
    return LITERAL.sub(lambda match: spaces(match) if match.group()[0] == "/" else match.group(), text)


def functions(text):
    """(name, first line, last line) of each function body, from its opening brace to its closing one."""
    code = DIRECTIVE.sub(spaces, blank_literals(text))
    depth, line, head, opened = 0, 1, "", None
    for char in code:
        if char == "\n":
            line += 1
        if char == "{":
            if depth == 0:
                opened = (name_of(head), line) if head.rstrip().endswith(")") else None
            depth += 1
        elif char == "}":
            depth -= 1
            if depth == 0:
                if opened:
                    yield opened[0], opened[1], line
                head = ""
                continue
        if depth == 0:
            head = "" if char == ";" else head + char


def name_of(head):
    names = re.findall(r"([A-Za-z_]\w*)\s*\(", head)
    return names[0] if names else "?"
