"""A small XML tree that keeps what the usual ones lose: whether a text was in CDATA, and where an element stood."""
import xml.parsers.expat

DEEPEST = 100


class Broken(Exception):
    """The text is no XML that a set may hold."""


class Node:
    """An element. `tag` and the keys of `attributes` are (namespace, name)."""

    def __init__(self, tag, attributes, line):
        self.tag = tag
        self.attributes = attributes
        self.line = line
        self.children = []
        self.text = ""
        self.cdata = False
        self.plain = False

    @property
    def name(self):
        return self.tag[1]

    def child(self, name):
        """The first child of this name, whatever its namespace."""
        return next((child for child in self.children if child.name == name), None)

    def value(self, name):
        """The text of the first child of this name, empty without one."""
        child = self.child(name)
        return child.text if child is not None else ""

    def walk(self):
        """This element and all below it, in document order."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(reversed(node.children))


def split(name):
    namespace, _, local = name.rpartition(" ")
    return (namespace, local)


def parse(data):
    """The root element of `data`. Raises Broken."""
    parser = xml.parsers.expat.ParserCreate(namespace_separator=" ")
    parser.ordered_attributes = True
    parser.buffer_text = False
    stack, roots, inside = [], [], [False]

    def start(name, pairs):
        if len(stack) >= DEEPEST:
            raise Broken("elements nest more than %d deep" % DEEPEST)
        attributes = {split(key): value for key, value in zip(pairs[::2], pairs[1::2])}
        node = Node(split(name), attributes, parser.CurrentLineNumber)
        (stack[-1].children if stack else roots).append(node)
        stack.append(node)

    def characters(text):
        stack[-1].text += text
        if not inside[0] and text.strip():
            stack[-1].plain = True

    def cdata(begins):
        inside[0] = begins
        stack[-1].cdata = True

    def doctype(*_):
        raise Broken("a document type is declared")

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda name: stack.pop()
    parser.CharacterDataHandler = characters
    parser.StartCdataSectionHandler = lambda: cdata(True)
    parser.EndCdataSectionHandler = lambda: cdata(False)
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(data, True)
    except (xml.parsers.expat.ExpatError, LookupError, ValueError) as error:
        raise Broken(str(error)) from error
    return roots[0]
