"""The languages whose functions we measure, and what counts in each: one query per grammar, and nothing else knows a grammar.

Captures of a query:
- `function`: a named function with a body; `anonymous`: a lambda, closure or callback
- `holder`: a declaration that gives an anonymous function its name
- `branch`: a decision that nests what it holds (if, loop); `decision`: one that does not (case label, catch, && and ||, ?:)
- `level`: nests without deciding (switch, try)
- `block`: a macro that opens a block inside a function, which looks like a function and is a level
- `flat`: an `if` that continues an else, which nests no deeper; `never`: no decision after all (default labels)
- `outside`: text that the compiler decides on (conditions of the preprocessor); every query also captures `unread`, which the parser did not understand
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module

from tree_sitter import Language, Query

_C = """
(function_definition body: (_)) @function
[(if_statement) (for_statement) (while_statement) (do_statement)] @branch
(switch_statement) @level
(case_statement "case") @decision
(conditional_expression) @decision
(else_clause (if_statement) @flat)
(compound_statement (function_definition) @block)
(preproc_if condition: (_) @outside)
(preproc_elif condition: (_) @outside)
"""
_JAVASCRIPT = """
[(function_declaration) (generator_function_declaration)] @function
(method_definition body: (_)) @function
[(function_expression) (generator_function) (arrow_function)] @anonymous
(variable_declarator value: [(function_expression) (generator_function) (arrow_function)]) @holder
(assignment_expression right: [(function_expression) (generator_function) (arrow_function)]) @holder
(pair value: [(function_expression) (generator_function) (arrow_function)]) @holder
[(if_statement) (for_statement) (for_in_statement) (while_statement) (do_statement)] @branch
[(switch_statement) (try_statement)] @level
[(switch_case) (catch_clause)] @decision
["&&" "||" "??"] @decision
(ternary_expression) @decision
(else_clause (if_statement) @flat)
"""
_FIELD = "value: [(function_expression) (generator_function) (arrow_function)]) @holder\n"
_TYPESCRIPT = _JAVASCRIPT + "(public_field_definition " + _FIELD


@dataclass(frozen=True)
class Grammar:
    """A language: where its parser is, the endings of its files, what counts, and which nodes are parameters (all, unless named)."""

    language: str
    module: str
    endings: str
    query: str
    entry: str = "language"
    parameters: tuple[str, ...] = ()


GRAMMARS = (
    Grammar("Python", "tree_sitter_python", "py pyi", """
(function_definition) @function
[(if_statement) (for_statement) (while_statement)] @branch
[(match_statement) (try_statement)] @level
[(elif_clause) (except_clause) (case_clause) (for_in_clause) (if_clause)] @decision
["and" "or"] @decision
(conditional_expression) @decision
(case_clause . (case_pattern . "_" .)) @never
"""),
    Grammar("JavaScript", "tree_sitter_javascript", "js mjs cjs jsx", _JAVASCRIPT + "(field_definition " + _FIELD),
    Grammar("TypeScript", "tree_sitter_typescript", "ts mts cts", _TYPESCRIPT, entry="language_typescript"),
    Grammar("TypeScript", "tree_sitter_typescript", "tsx", _TYPESCRIPT, entry="language_tsx"),
    Grammar("Java", "tree_sitter_java", "java", """
(method_declaration body: (_)) @function
[(constructor_declaration) (compact_constructor_declaration)] @function
(lambda_expression) @anonymous
[(if_statement) (for_statement) (enhanced_for_statement) (while_statement) (do_statement)] @branch
[(switch_expression) (try_statement) (try_with_resources_statement)] @level
[(catch_clause) (guard)] @decision
(switch_label "case") @decision
["&&" "||"] @decision
(ternary_expression) @decision
(if_statement alternative: (if_statement) @flat)
"""),
    Grammar("Go", "tree_sitter_go", "go", """
(function_declaration body: (_)) @function
(method_declaration body: (_)) @function
(func_literal) @anonymous
[(if_statement) (for_statement)] @branch
[(expression_switch_statement) (type_switch_statement) (select_statement)] @level
[(expression_case) (type_case) (communication_case)] @decision
["&&" "||"] @decision
(if_statement alternative: (if_statement) @flat)
"""),
    Grammar("Ruby", "tree_sitter_ruby", "rb rake gemspec ru", """
[(method) (singleton_method)] @function
(lambda) @anonymous
[(if) (unless) (while) (until) (for) (if_modifier) (unless_modifier) (while_modifier) (until_modifier)] @branch
[(case) (case_match)] @level
(begin (rescue)) @level
[(elsif) (when) (in_clause) (if_guard) (unless_guard) (rescue) (rescue_modifier)] @decision
["&&" "||" "and" "or"] @decision
(conditional) @decision
(else . (if) @flat .)
"""),
    Grammar("PHP", "tree_sitter_php", "php phtml php5", """
(function_definition body: (_)) @function
(method_declaration body: (_)) @function
[(anonymous_function) (arrow_function)] @anonymous
[(if_statement) (for_statement) (foreach_statement) (while_statement) (do_statement)] @branch
[(switch_statement) (match_expression) (try_statement)] @level
[(else_if_clause) (case_statement) (match_conditional_expression) (catch_clause)] @decision
["&&" "||" "and" "or" "??"] @decision
(conditional_expression) @decision
(else_clause body: (if_statement) @flat)
""", entry="language_php"),
    Grammar("C#", "tree_sitter_c_sharp", "cs", """
(method_declaration body: (_)) @function
[(constructor_declaration) (destructor_declaration) (operator_declaration) (conversion_operator_declaration)] @function
(local_function_statement body: (_)) @function
(accessor_declaration body: (_)) @function
(property_declaration value: (arrow_expression_clause)) @function
[(lambda_expression) (anonymous_method_expression)] @anonymous
[(if_statement) (for_statement) (foreach_statement) (while_statement) (do_statement)] @branch
[(switch_statement) (switch_expression) (try_statement)] @level
[(switch_expression_arm) (catch_clause) (when_clause) (catch_filter_clause)] @decision
(switch_section "case") @decision
["&&" "||" "??"] @decision
(conditional_expression) @decision
(if_statement alternative: (if_statement) @flat)
(switch_expression_arm . (discard)) @never
"""),
    Grammar("Rust", "tree_sitter_rust", "rs", """
(function_item) @function
(closure_expression) @anonymous
[(if_expression) (for_expression) (while_expression) (loop_expression)] @branch
(match_expression) @level
(match_arm) @decision
(match_pattern condition: (_) @decision)
(let_declaration alternative: (_) @decision)
["&&" "||"] @decision
(else_clause (if_expression) @flat)
(match_arm pattern: (match_pattern . "_" .)) @never
"""),
    Grammar("Kotlin", "tree_sitter_kotlin", "kt kts", """
(function_declaration (function_body)) @function
(secondary_constructor (block)) @function
[(getter (function_body)) (setter (function_body))] @function
(anonymous_function) @anonymous
[(if_expression) (for_statement) (while_statement) (do_while_statement)] @branch
[(when_expression) (try_expression)] @level
[(when_entry) (catch_block)] @decision
["&&" "||" "?:"] @decision
(if_expression "else" . (if_expression) @flat)
(when_entry . "else") @never
""", parameters=("parameter",)),
    Grammar("C", "tree_sitter_c", "c h", _C + '["&&" "||"] @decision'),
    Grammar("C++", "tree_sitter_cpp", "cc cpp cxx c++ hpp hh hxx h++ ipp inl tcc", _C + """
(lambda_expression) @anonymous
(for_range_loop) @branch
(try_statement) @level
(catch_clause) @decision
["&&" "||" "and" "or"] @decision
(reference_declarator "&&" @never)
(abstract_reference_declarator "&&" @never)
(ref_qualifier "&&" @never)
(operator_name ["&&" "||"] @never)
"""),
)  # fmt: skip
OF_ENDING = {ending: grammar for grammar in GRAMMARS for ending in grammar.endings.split()}
_RUBY = OF_ENDING["rb"]
NAMED = {"Rakefile": _RUBY, "Gemfile": _RUBY, "Vagrantfile": _RUBY}
CPLUSPLUS = OF_ENDING["cpp"]


def grammar_of(path: str) -> Grammar | None:
    """Return the grammar that the name of a file asks for."""
    name = path.rpartition("/")[2]
    return NAMED.get(name) or (OF_ENDING.get(name.rpartition(".")[2].lower()) if "." in name.lstrip(".") else None)


def language_of(path: str) -> str:
    """Return the language of a file whose functions can be measured, or an empty text."""
    grammar = grammar_of(path)
    return grammar.language if grammar else ""


@cache
def compiled(grammar: Grammar) -> tuple[Language, Query]:
    """Return the parser table and the query of a grammar."""
    entry: Callable[[], object] = getattr(import_module(grammar.module), grammar.entry)
    language = Language(entry())
    return language, Query(language, f"{grammar.query}\n(ERROR) @unread")
