// SPDX-License-Identifier: Apache-2.0
/// \file
/// Catch2, version 2 or 3: what the conformance tests use of it (CHECK, REQUIRE, INFO) is in both.
#pragma once

#if __has_include(<catch2/catch_test_macros.hpp>)
#include <catch2/catch_test_macros.hpp>
#else
#include <catch2/catch.hpp>
#endif
