// SPDX-License-Identifier: Apache-2.0
/// \file
/// Parses a Jinja template into a tree: Jinja 3 without macros, inheritance and imports, with transformers'
/// loop controls and its mark of what the assistant says.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/io/jinja_expression.hpp>
#include <coco/io/jinja_lexer.hpp>

namespace coco::io::jinja {

class Parser {
public:
    /// \param where  names the template in errors
    Parser(std::string_view source, const std::string& where)
        : where_(where), pieces_(Lexer(source, where).pieces()) {}

    /// \throws Error, which names line and construct, for what is not Jinja or not supported here
    Node parse() {
        Node all = block({});
        if (piece_ < pieces_.size()) tag().fail("statement without a beginning", word());
        return all;
    }

private:
    using Kind = Node::Kind;
    static constexpr int deepest = 100;

    std::string where(std::size_t line) const { return text_of(where_, ":", line); }
    std::size_t line() const { return piece_ < pieces_.size() ? pieces_[piece_].line : 0; }
    /// The tokens of the current piece, from the first.
    ExpressionParser tag() const { return {pieces_[piece_].tokens, where(line()), line()}; }
    const std::string& word() const { return pieces_[piece_].tokens.front().value; }

    Node node(Kind kind, std::string name = {}, std::vector<Node> parts = {}) const {
        Node made{kind, std::move(name), std::move(parts)};
        made.line = line();
        return made;
    }
    /// The current piece ends here, and the next one begins.
    void end(const ExpressionParser& in) {
        in.end();
        ++piece_;
    }
    /// Takes a statement of this name alone.
    void take(std::string_view name) {
        if (piece_ >= pieces_.size()) throw Error(where(last_line()), "statement without an end", name);
        ExpressionParser in = tag();
        in.expect(name);
        end(in);
    }
    bool at(std::string_view name) const {
        return piece_ < pieces_.size() && pieces_[piece_].kind == Piece::Kind::statement && word() == name;
    }
    std::size_t last_line() const { return pieces_.empty() ? 1 : pieces_.back().line; }

    /// Everything up to a statement that ends an outer block, which is not taken.
    Node block(std::initializer_list<std::string_view> ends) {
        if (++depth_ > deepest) throw Error(where(line()), "nested too deeply");
        Node all = node(Kind::block);
        while (piece_ < pieces_.size()) {
            const Piece& piece = pieces_[piece_];
            if (piece.kind == Piece::Kind::text) {
                all.parts.push_back(node(Kind::text, piece.text));
                ++piece_;
            } else if (piece.kind == Piece::Kind::output) {
                ExpressionParser in = tag();
                all.parts.push_back(node(Kind::output, {}, {in.tuple()}));
                end(in);
            } else if (!statement(all)) {
                break;
            }
        }
        const bool ended =
            ends.size() == 0 || std::any_of(ends.begin(), ends.end(), [&](auto name) { return at(name); });
        if (!ended && piece_ < pieces_.size()) tag().fail("ends another statement than the last", word());
        if (!ended) throw Error(where(last_line()), "statement without an end", *(ends.end() - 1));
        --depth_;
        return all;
    }

    /// Parses one statement. \returns false at one that ends an outer block
    bool statement(Node& all) {
        const std::string name = word();
        if (name == "if") {
            all.parts.push_back(branches());
        } else if (name == "for") {
            all.parts.push_back(loop());
        } else if (name == "set") {
            all.parts.push_back(assignment());
        } else if (name == "break" || name == "continue") {
            all.parts.push_back(node(Kind::leave, name));
            take(name);
        } else if (name == "generation" || name == "endgeneration") {
            take(name);
        } else if (name == "elif" || name == "else" || name == "endif" || name == "endfor" ||
                   name == "endset") {
            return false;
        } else {
            tag().fail("statement not supported", name);
        }
        return true;
    }

    Node branches() {
        Node all = node(Kind::branches);
        for (const char* name = "if"; at(name); name = "elif") {
            ExpressionParser in = tag();
            in.expect(name);
            all.parts.push_back(in.tuple());
            end(in);
            all.parts.push_back(block({"elif", "else", "endif"}));
        }
        if (at("else")) {
            take("else");
            all.parts.push_back(block({"endif"}));
        }
        take("endif");
        return all;
    }

    Node loop() {
        Node all = node(Kind::loop);
        ExpressionParser in = tag();
        in.expect("for");
        const bool bracket = in.take_if("(");
        do all.names.push_back(in.name());
        while (in.take_if(","));
        if (bracket) in.expect(")");
        in.expect("in");
        all.parts.push_back(in.disjunction());
        all.parts.push_back(in.take_if("if") ? in.expression() : node(Kind::nothing));
        end(in);
        all.parts.push_back(block({"else", "endfor"}));
        const bool otherwise = at("else");
        if (otherwise) take("else");
        all.parts.push_back(otherwise ? block({"endfor"}) : node(Kind::block));
        take("endfor");
        return all;
    }

    Node assignment() {
        ExpressionParser in = tag();
        in.expect("set");
        Node target = node(Kind::variable, in.name());
        if (in.take_if(".")) target = node(Kind::attribute, in.name(), {std::move(target)});
        if (in.take_if("=")) {
            Node all = node(Kind::assign, {}, {std::move(target), in.tuple()});
            end(in);
            return all;
        }
        end(in);
        Node all = node(Kind::assign_text, {}, {std::move(target), block({"endset"})});
        take("endset");
        return all;
    }

    std::string where_;
    std::vector<Piece> pieces_;
    std::size_t piece_ = 0;
    int depth_ = 0;
};

}  // namespace coco::io::jinja
