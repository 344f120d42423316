// SPDX-License-Identifier: Apache-2.0
/// \file
/// Parses what is in one tag of a Jinja template: expressions by Jinja 3's precedence.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/io/jinja_lexer.hpp>
#include <coco/io/jinja_node.hpp>

namespace coco::io::jinja {

/// Parses the tokens of one tag.
class ExpressionParser {
public:
    /// \param where  template and line, for errors
    ExpressionParser(const std::vector<Token>& tokens, std::string where, std::size_t line)
        : tokens_(&tokens), where_(std::move(where)), line_(line) {}

    const Token& peek(std::size_t further = 0) const {
        return (*tokens_)[std::min(at_ + further, tokens_->size() - 1)];
    }
    bool take_if(std::string_view sign) {
        if (!peek().is(sign)) return false;
        take();
        return true;
    }
    void expect(std::string_view sign) {
        if (!take_if(sign)) fail(text_of("expected ", sign), peek().value);
    }
    std::string name() {
        if (peek().kind != Token::Kind::name) fail("expected a name", peek().value);
        return take().value;
    }
    /// \throws Error unless all tokens were taken
    void end() const {
        if (peek().kind != Token::Kind::end) fail("not understood in a tag", peek().value);
    }
    [[noreturn]] void fail(std::string_view problem, std::string_view found = {}) const {
        throw Error(where_, problem, {}, found);
    }

    /// One expression, or several with commas between them, which make a list.
    Node tuple() {
        Node first = expression();
        if (!peek().is(",")) return first;
        Node all = node(Kind::list, {}, {std::move(first)});
        while (take_if(","))
            if (peek().kind != Token::Kind::end) all.parts.push_back(expression());
        return all;
    }

    Node expression() {
        const Deeper deeper(*this);
        Node value = disjunction();
        while (take_if("if")) {
            Node condition = disjunction();
            Node otherwise = take_if("else") ? expression() : node(Kind::nothing);
            value = node(Kind::choice, {}, {std::move(value), std::move(condition), std::move(otherwise)});
        }
        return value;
    }

    /// An expression without `if`, which ends the list of a loop.
    Node disjunction() {
        return left_to_right({"or"}, [&] { return left_to_right({"and"}, [&] { return negation(); }); });
    }

private:
    using Kind = Node::Kind;
    static constexpr int deepest = 100, most_nodes = 1000;

    struct Deeper {
        explicit Deeper(ExpressionParser& parser) : depth(parser.depth_) {
            if (depth >= deepest) parser.fail("nested too deeply");
            ++depth;
        }
        ~Deeper() { --depth; }
        int& depth;
    };

    Token take() {
        Token token = peek();
        if (at_ + 1 < tokens_->size()) ++at_;
        return token;
    }
    Node node(Kind kind, std::string name = {}, std::vector<Node> parts = {}) {
        // A chain of operators is as deep a tree as it is long.
        if (++nodes_ > most_nodes) fail("tag too long");
        Node made{kind, std::move(name), std::move(parts)};
        made.line = line_;
        return made;
    }

    template <class Next>
    Node left_to_right(std::initializer_list<std::string_view> operators, const Next& next) {
        Node left = next();
        while (true) {
            const auto* found = std::find_if(operators.begin(), operators.end(),
                                             [&](std::string_view sign) { return peek().is(sign); });
            if (found == operators.end()) return left;
            take();
            Node right = next();
            left = node(Kind::binary, std::string(*found), {std::move(left), std::move(right)});
        }
    }

    Node negation() {
        const Deeper deeper(*this);
        if (take_if("not")) return node(Kind::unary, "not", {negation()});
        Node left = sum();
        Node all;
        while (true) {
            std::string sign;
            for (const char* known : {"==", "!=", "<", ">", "<=", ">=", "in"})
                if (peek().is(known)) sign = known;
            if (peek().is("not") && peek(1).is("in")) sign = "not in", take();
            if (sign.empty()) return all.kind == Kind::nothing ? left : all;
            take();
            // a < b < c is a < b and b < c.
            Node right = sum();
            Node pair = node(Kind::binary, sign, {std::move(left), right});
            all = all.kind == Kind::nothing ? std::move(pair)
                                            : node(Kind::binary, "and", {std::move(all), std::move(pair)});
            left = std::move(right);
        }
    }

    Node sum() {
        return left_to_right({"+", "-"}, [&] {
            return left_to_right({"~"}, [&] {
                return left_to_right({"*", "/", "//", "%"}, [&] {
                    return left_to_right({"**"}, [&] { return signed_value(true); });
                });
            });
        });
    }

    Node signed_value(bool filtered) {
        const Deeper deeper(*this);
        for (const char* sign : {"-", "+"})
            if (take_if(sign)) {
                Node all = node(Kind::unary, sign, {signed_value(false)});
                return filtered ? with_filters(std::move(all)) : all;
            }
        Node value = with_parts(primary());
        return filtered ? with_filters(std::move(value)) : value;
    }

    Node literal(Value value) {
        Node made = node(Kind::literal);
        made.value = std::move(value);
        return made;
    }

    Node primary() {
        const Token token = take();
        if (token.kind == Token::Kind::text) {
            std::string text = token.value;
            while (peek().kind == Token::Kind::text) text += take().value;
            return literal(std::move(text));
        }
        if (token.kind == Token::Kind::number) return literal(number(token.value));
        if (token.kind == Token::Kind::name) {
            if (token.value == "true" || token.value == "True") return literal(true);
            if (token.value == "false" || token.value == "False") return literal(false);
            if (token.value == "none" || token.value == "None") return literal(nullptr);
            return node(Kind::variable, token.value);
        }
        if (token.is("(")) {
            if (take_if(")")) return node(Kind::list);
            Node all = expression();
            if (peek().is(",")) all = node(Kind::list, {}, {std::move(all)});
            while (all.kind == Kind::list && take_if(","))
                if (!peek().is(")")) all.parts.push_back(expression());
            expect(")");
            return all;
        }
        if (token.is("[")) {
            Node all = node(Kind::list);
            while (!take_if("]")) {
                all.parts.push_back(expression());
                if (!peek().is("]")) expect(",");
            }
            return all;
        }
        if (token.is("{")) {
            Node all = node(Kind::object);
            while (!take_if("}")) {
                all.parts.push_back(expression());
                expect(":");
                all.parts.push_back(expression());
                if (!peek().is("}")) expect(",");
            }
            return all;
        }
        fail("not understood in a tag", token.kind == Token::Kind::end ? "its end" : token.value);
    }

    Value number(const std::string& digits) const {
        if (digits.find('.') != std::string::npos) {
            double value = 0;
            std::from_chars(digits.data(), digits.data() + digits.size(), value);
            return value;
        }
        std::int64_t value = 0;
        const auto [last, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
        if (fault != std::errc()) fail("number too large", digits);
        return value;
    }

    /// Attributes, indices and calls behind a value.
    Node with_parts(Node value) {
        while (true) {
            if (take_if(".")) {
                value = node(Kind::attribute, name(), {std::move(value)});
            } else if (peek().is("(")) {
                value = node(Kind::call, {}, {std::move(value)});
                arguments(value);
            } else if (take_if("[")) {
                Node part = peek().is(":") ? node(Kind::nothing) : expression();
                if (!peek().is(":")) {
                    value = node(Kind::index, {}, {std::move(value), std::move(part)});
                } else {
                    value = node(Kind::slice, {}, {std::move(value), std::move(part)});
                    while (take_if(":"))
                        value.parts.push_back(peek().is(":") || peek().is("]") ? node(Kind::nothing)
                                                                               : expression());
                    value.parts.resize(4);
                }
                expect("]");
            } else {
                return value;
            }
        }
    }

    void arguments(Node& of) {
        expect("(");
        of.names.resize(of.parts.size() - 1);
        while (!take_if(")")) {
            const bool named = peek().kind == Token::Kind::name && peek(1).is("=");
            of.names.push_back(named ? name() : std::string());
            if (named) take();
            of.parts.push_back(expression());
            if (!peek().is(")")) expect(",");
        }
    }

    Node with_filters(Node value) {
        while (true) {
            if (take_if("|")) {
                value = node(Kind::filter, name(), {std::move(value)});
                if (peek().is("(")) arguments(value);
            } else if (take_if("is")) {
                const bool negated = take_if("not");
                value = node(Kind::test, name(), {std::move(value)});
                const bool value_follows =
                    peek().kind == Token::Kind::text || peek().kind == Token::Kind::number || peek().is("[");
                if (peek().is("("))
                    arguments(value);
                else if (value_follows)
                    value.parts.push_back(with_parts(primary()));
                if (negated) value = node(Kind::unary, "not", {std::move(value)});
            } else if (peek().is("(") || peek().is(".") || peek().is("[")) {
                value = with_parts(std::move(value));
            } else {
                return value;
            }
        }
    }

    const std::vector<Token>* tokens_;
    std::string where_;
    std::size_t line_, at_ = 0;
    int depth_ = 0, nodes_ = 0;
};

}  // namespace coco::io::jinja
