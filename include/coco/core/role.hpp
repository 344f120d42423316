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
struct Model {};
struct ExecutionPolicy {};
}  // namespace role

/// T says that it plays the part R: `using Role = coco::role::Backbone;`.
template <class T, class R>
concept Plays = std::is_same_v<typename T::Role, R>;

/// The part T plays, or void. Types that a program may name before they are complete have it said in
/// <coco/fwd.hpp>.
template <class T>
struct RoleOf {
    using type = void;
};
template <class T>
requires requires { typename T::Role; }
struct RoleOf<T> {
    using type = typename T::Role;
};
template <class T>
using role_of = typename RoleOf<T>::type;

}  // namespace coco
