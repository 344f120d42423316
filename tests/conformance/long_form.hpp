// SPDX-License-Identifier: Apache-2.0
/// \file
/// Tests have a short form that runs always and a long one that is asked for.
#pragma once

#include <cstdlib>

namespace coco::conformance {

/// Whether the long forms were asked for, as `tests/run --all` does.
inline bool long_form() { return std::getenv("COCO_LONG") != nullptr; }

}  // namespace coco::conformance
