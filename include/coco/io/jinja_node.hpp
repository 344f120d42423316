// SPDX-License-Identifier: Apache-2.0
/// \file
/// The tree of a parsed Jinja template.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <coco/io/jinja_value.hpp>

namespace coco::io::jinja {

/// Part of a template or of an expression. What `parts` holds depends on the kind.
struct Node {
    enum class Kind : unsigned char {
        nothing,
        // Of a template.
        text,         ///< name: the text
        output,       ///< {expression}
        branches,     ///< {condition, block, condition, block, ..., [block of else]}
        loop,         ///< names: targets; {list, condition or nothing, block, block of else}
        assign,       ///< {target, expression}
        assign_text,  ///< {target, block}
        block,        ///< {...}
        leave,        ///< name: break or continue
        // Of an expression.
        literal,    ///< value
        variable,   ///< name
        list,       ///< {...}
        object,     ///< {key, value, key, value, ...}
        attribute,  ///< name; {of}
        index,      ///< {of, index}
        slice,      ///< {of, begin, end, step}, each may be nothing
        call,       ///< {callee, arguments...}; names: of each argument, or empty
        filter,     ///< name; {of, arguments...}; names
        test,       ///< name; {of, arguments...}
        unary,      ///< name: not, -, +; {of}
        binary,     ///< name: the operator; {left, right}
        choice,     ///< {if true, condition, else or nothing}
    };
    Kind kind = Kind::nothing;
    std::string name = {};
    std::vector<Node> parts = {};
    std::vector<std::string> names = {};
    Value value = {};
    std::size_t line = 0;
};

}  // namespace coco::io::jinja
