// SPDX-License-Identifier: Apache-2.0
/// \file
/// Tokens that appear literally in raw text and are found there before it is split into words.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <coco/core/types.hpp>

namespace coco::text {

/// A set of tokens to search for, from left to right; at one position the longest match is taken.
class SpecialTokens {
public:
    /// \param token  not empty
    void add(std::string token, Id id) {
        auto& list = beginning_with_[static_cast<unsigned char>(token.front())];
        const auto shorter = [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); };
        const std::pair<std::string, Id> entry{std::move(token), id};
        list.insert(std::upper_bound(list.begin(), list.end(), entry, shorter), entry);
        empty_ = false;
    }
    bool empty() const { return empty_; }

    /// Calls `on_token(id)` for each match, and `on_rest(text)` for each non-empty text between matches.
    template <class OnToken, class OnRest>
    void find(std::string_view text, OnToken on_token, OnRest on_rest) const {
        std::size_t from = 0;
        for (std::size_t at = 0; !empty_ && at < text.size();) {
            const auto* found = token_at(text.substr(at));
            if (found == nullptr) {
                ++at;
                continue;
            }
            if (at > from) on_rest(text.substr(from, at - from));
            on_token(found->second);
            from = at += found->first.size();
        }
        if (from < text.size()) on_rest(text.substr(from));
    }

private:
    const std::pair<std::string, Id>* token_at(std::string_view rest) const {
        for (const auto& entry : beginning_with_[static_cast<unsigned char>(rest.front())])
            if (rest.substr(0, entry.first.size()) == entry.first) return &entry;
        return nullptr;
    }

    std::array<std::vector<std::pair<std::string, Id>>, 256> beginning_with_;  // longest first
    bool empty_ = true;
};

}  // namespace coco::text
