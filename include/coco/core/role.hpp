// SPDX-License-Identifier: Apache-2.0
/// \file
/// What a type is meant to be. A type that fails its concept cannot be found by that concept, so each names
/// its role; that lets a pipeline say "your Backbone lacks `backward`" instead of "no Backbone given".
#pragma once

#include <type_traits>

namespace coco {

namespace role {
struct Backbone {};
struct Items {};
struct PromptCodebook {};
struct LanguageModel {};
struct Decoupler {};
struct Aligner {};
struct Adapter {};
struct Objective {};
}  // namespace role

/// T says that it plays the part R: `using Role = coco::role::Backbone;`.
template <class T, class R>
concept Plays = std::is_same_v<typename T::Role, R>;

}  // namespace coco
