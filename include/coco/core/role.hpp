// SPDX-License-Identifier: Apache-2.0
/// \file
/// The role of a type in a pipeline. A type that fails a concept cannot be recognised by that concept, so
/// each type names its role; a pipeline can then report "your Backbone lacks `backward`" instead of "no
/// Backbone given".
#pragma once

#include <coco/core/requirements.hpp>

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
struct Optimizer {};
struct ExecutionPolicy {};
}  // namespace role

/// T declares the role R: `using Role = coco::role::Backbone;`.
template <class T, class R>
concept Plays = std::is_same_v<typename T::Role, R>;

/// The role of T, or void. <coco/fwd.hpp> declares it for types that a program may name before they are
/// complete.
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
