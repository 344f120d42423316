// SPDX-License-Identifier: Apache-2.0
/// \file
/// Renders the Jinja templates in which chat models' files describe their conversations, as transformers does
/// (https://huggingface.co/docs/transformers/chat_templating). A construct that is not supported is an error
/// that names it; nothing is ever left out of a text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/io/jinja_functions.hpp>
#include <coco/io/jinja_operators.hpp>
#include <coco/io/jinja_parser.hpp>
#include <coco/io/jinja_value.hpp>

namespace coco::io::jinja {

/// A parsed template. Const member functions are thread-safe.
class Template {
public:
    /// \param where  names the template in errors
    /// \throws Error, which names the line and the construct
    Template(std::string_view source, const std::string& where)
        : where_(where), root_(Parser(source, where).parse()) {}

    /// The text for given variables.
    /// \throws Error for a construct that is not supported, a value of a wrong kind, what the template itself
    ///         refuses (`raise_exception`), and a template that runs for too long
    std::string render(const Value& variables) const {
        Pass pass{where_, {{}}};
        for (const auto& [name, value] : variables.items()) pass.scopes.front()[name] = value;
        pass.run(root_);
        return std::move(pass.out);
    }

private:
    /// One rendering.
    struct Pass {
        enum class Flow : unsigned char { on, left, continued };
        using Kind = Node::Kind;
        static constexpr std::size_t most_steps = 500'000, bytes_per_step = 512;

        const std::string& template_name;
        std::vector<std::map<std::string, Value, std::less<>>> scopes;  ///< innermost last
        std::string out = {};
        std::size_t steps = 0;

        std::string where(const Node& node) const { return text_of(template_name, ":", node.line); }

        /// Counts what is done, and with `bytes` what is written or copied.
        void step(const Node& node, std::size_t bytes = 0) {
            steps += 1 + bytes / bytes_per_step;
            if (steps > most_steps) throw Error(where(node), "template runs for too long");
        }

        Flow run(const Node& node) {
            step(node);
            switch (node.kind) {
                case Kind::text:
                    out += node.name;
                    return Flow::on;
                case Kind::output:
                    out += written(value(node.parts[0]), where(node));
                    return Flow::on;
                case Kind::block:
                    for (const Node& part : node.parts)
                        if (const Flow flow = run(part); flow != Flow::on) return flow;
                    return Flow::on;
                case Kind::branches:
                    for (std::size_t i = 0; i + 1 < node.parts.size(); i += 2)
                        if (is_true(value(node.parts[i]))) return run(node.parts[i + 1]);
                    return node.parts.size() % 2 == 1 ? run(node.parts.back()) : Flow::on;
                case Kind::loop:
                    return loop(node);
                case Kind::assign:
                    assign(node.parts[0], value(node.parts[1]));
                    return Flow::on;
                case Kind::assign_text: {
                    std::string outer = std::exchange(out, {});
                    const Flow flow = run(node.parts[1]);
                    assign(node.parts[0], std::exchange(out, std::move(outer)));
                    return flow;
                }
                default:
                    return node.name == "break" ? Flow::left : Flow::continued;
            }
        }

        Flow loop(const Node& node) {
            std::vector<Value> all;
            for (Value& part : elements(value(node.parts[0]), where(node))) {
                if (node.parts[1].kind == Kind::nothing) {
                    all.push_back(std::move(part));
                    continue;
                }
                scopes.emplace_back();
                bind(node, part);
                const bool taken = is_true(value(node.parts[1]));
                scopes.pop_back();
                if (taken) all.push_back(std::move(part));
            }
            if (all.empty()) return run(node.parts[3]);
            for (std::size_t i = 0; i < all.size(); ++i) {
                step(node);
                scopes.emplace_back();
                bind(node, all[i]);
                scopes.back()["loop"] = {{"index", i + 1},
                                         {"index0", i},
                                         {"revindex", all.size() - i},
                                         {"revindex0", all.size() - i - 1},
                                         {"first", i == 0},
                                         {"last", i + 1 == all.size()},
                                         {"length", all.size()},
                                         {"previtem", i > 0 ? all[i - 1] : undefined()},
                                         {"nextitem", i + 1 < all.size() ? all[i + 1] : undefined()}};
                const Flow flow = run(node.parts[2]);
                scopes.pop_back();
                if (flow == Flow::left) break;
            }
            return Flow::on;
        }

        void bind(const Node& node, const Value& part) {
            if (node.names.size() == 1) {
                scopes.back()[node.names[0]] = part;
                return;
            }
            if (!part.is_array() || part.size() != node.names.size())
                throw Error(where(node), "loop over parts of another size", text_of(node.names.size()),
                            kind_of_value(part));
            for (std::size_t i = 0; i < node.names.size(); ++i) scopes.back()[node.names[i]] = part[i];
        }

        Value* find(std::string_view name) {
            for (auto scope = scopes.rbegin(); scope != scopes.rend(); ++scope)
                if (const auto found = scope->find(name); found != scope->end()) return &found->second;
            return nullptr;
        }

        /// Sets a variable of the innermost scope, or a part of a namespace where it was made.
        void assign(const Node& target, Value to) {
            if (target.kind == Kind::variable) {
                scopes.back()[target.name] = std::move(to);
                return;
            }
            Value* const owner = find(target.parts[0].name);
            if (owner == nullptr || !owner->is_object())
                throw Error(where(target), "not a namespace", {}, target.parts[0].name);
            (*owner)[target.name] = std::move(to);
        }

        Arguments arguments(const Node& node) {
            Arguments all;
            for (std::size_t i = 1; i < node.parts.size(); ++i) {
                const std::string name = i - 1 < node.names.size() ? node.names[i - 1] : std::string();
                if (name.empty())
                    all.list.push_back(value(node.parts[i]));
                else
                    all.named.emplace_back(name, value(node.parts[i]));
            }
            return all;
        }

        Value value(const Node& node) {
            Value made = evaluated(node);
            step(node, made.is_string() ? made.get_ref<const std::string&>().size() : 8 * made.size());
            return made;
        }

        Value evaluated(const Node& node) {
            const auto part = [&](std::size_t i) { return value(node.parts[i]); };
            switch (node.kind) {
                case Kind::literal:
                    return node.value;
                case Kind::variable: {
                    const Value* const found = find(node.name);
                    return found == nullptr ? undefined() : *found;
                }
                case Kind::list: {
                    Value all = Value::array();
                    for (const Node& of : node.parts) all.push_back(value(of));
                    return all;
                }
                case Kind::object: {
                    Value all = Value::object();
                    for (std::size_t i = 0; i + 1 < node.parts.size(); i += 2)
                        all[written(part(i), where(node))] = part(i + 1);
                    return all;
                }
                case Kind::attribute:
                    return part_of(part(0), node.name, where(node));
                case Kind::index:
                    return part_of(part(0), part(1), where(node));
                case Kind::slice:
                    return slice_of(part(0), bound(node.parts[1]), bound(node.parts[2]), bound(node.parts[3]),
                                    where(node));
                case Kind::call:
                    return call(node);
                case Kind::filter:
                    return filter(node.name, part(0), arguments(node), where(node));
                case Kind::test:
                    return test(node.name, part(0), arguments(node), where(node));
                case Kind::choice:
                    return is_true(part(1))                      ? part(0)
                           : node.parts[2].kind == Kind::nothing ? undefined()
                                                                 : part(2);
                case Kind::unary:
                    return unary(node.name, part(0), where(node));
                case Kind::binary:
                    if (node.name == "and" || node.name == "or") {
                        Value left = part(0);
                        return is_true(left) == (node.name == "and") ? part(1) : left;
                    }
                    return binary(node.name, part(0), part(1), where(node));
                default:
                    return undefined();
            }
        }

        Value bound(const Node& node) { return node.kind == Kind::nothing ? Value(nullptr) : value(node); }

        Value call(const Node& node) {
            const Node& callee = node.parts[0];
            const Arguments args = arguments(node);
            if (callee.kind == Kind::attribute)
                return method(callee.name, value(callee.parts[0]), args, where(node));
            const std::string name = callee.kind == Kind::variable ? callee.name : "an expression";
            if (name == "raise_exception")
                throw Error(where(node), "the template refuses the conversation", {},
                            args.text(0, where(node)));
            if (name == "namespace" || name == "dict") {
                Value all = Value::object();
                for (const auto& [key, of] : args.named) all[key] = of;
                return all;
            }
            if (name == "range" && !args.list.empty() && args.list.size() <= 2) {
                const Value last = args.list.back(), first = args.list.size() == 2 ? args.list[0] : Value(0);
                if (!first.is_number_integer() || !last.is_number_integer() ||
                    last.get<std::int64_t>() - first.get<std::int64_t>() > 100000)
                    throw Error(where(node), "range not supported");
                Value all = Value::array();
                for (std::int64_t i = first.get<std::int64_t>(); i < last.get<std::int64_t>(); ++i)
                    all.push_back(i);
                return all;
            }
            if (name == "strftime_now") {
                const std::time_t now = std::time(nullptr);
                std::tm local{};
                ::localtime_r(&now, &local);
                char text[256];
                return std::string(
                    text, std::strftime(text, sizeof text, args.text(0, where(node)).c_str(), &local));
            }
            throw Error(where(node), "function not supported", {}, name);
        }
    };

    std::string where_;
    Node root_;
};

}  // namespace coco::io::jinja
