// SPDX-License-Identifier: Apache-2.0
// Replaces the .cu files beside it if there is no nvcc.
#include <coco/core/error.hpp>

#include "experiment/result.hpp"

namespace experiment {
namespace {

[[noreturn]] Result refuse() {
    throw coco::Error("--device cuda", "this program was built without nvcc",
                      "nvcc in PATH, or its place in CUDACXX, when the build is configured");
}

}  // namespace

Result run_table_on_cuda(const Job&) { refuse(); }
Result run_semantic_on_cuda(const Job&) { refuse(); }
Result run_tiger_on_cuda(const Job&) { refuse(); }
Result run_unisrec_on_cuda(const Job&) { refuse(); }

}  // namespace experiment
