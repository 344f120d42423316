// SPDX-License-Identifier: Apache-2.0
/// \file
/// External keys of items or users, and the dense identifiers that replace them inside the library.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/core/types.hpp>

namespace coco::data {

/// A two-way table: the key added n-th has identifier n.
class Keys {
public:
    /// The identifier of `key`; a new identifier where the key is new.
    Id add(std::string_view key) {
        if (const auto it = ids_.find(key); it != ids_.end()) return it->second;
        if (names_.size() >= static_cast<std::size_t>(std::numeric_limits<Id>::max()))
            throw Error("keys", "too many for 32-bit identifiers");
        const Id id = static_cast<Id>(names_.size());
        names_.emplace_back(key);
        ids_.emplace(names_.back(), id);
        return id;
    }

    /// The identifier of `key`; `no_id` where it is unknown.
    Id find(std::string_view key) const {
        const auto it = ids_.find(key);
        return it == ids_.end() ? no_id : it->second;
    }

    const std::string& operator[](Id id) const { return names_[static_cast<std::size_t>(id)]; }

    Index size() const { return static_cast<Index>(names_.size()); }

    /// A 64-bit digest (FNV-1a) of the keys in their order, the same on every machine. Two tables with equal
    /// digests give every identifier the same meaning.
    std::uint64_t digest() const {
        std::uint64_t hash = 0xcbf29ce484222325u;
        const auto eat = [&hash](unsigned char byte) { hash = (hash ^ byte) * 0x100000001b3u; };
        for (const std::string& name : names_) {
            for (const char c : name) eat(static_cast<unsigned char>(c));
            eat('\n');
        }
        return hash;
    }

private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
    };

    std::vector<std::string> names_;
    std::unordered_map<std::string, Id, Hash, std::equal_to<>> ids_;
};

}  // namespace coco::data
