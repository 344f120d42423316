// SPDX-License-Identifier: Apache-2.0
/// \file
/// A product by the host, in the instructions of the unit that includes this, against the sums of its
/// definition.
#pragma once

#include <cmath>
#include <vector>

namespace {

/// The largest difference.
float error_of_a_product() {
    const coco::Index rows = 37, cols = 53, inner = 29;
    coco::Host on(1);
    std::vector<float> a(static_cast<std::size_t>(rows * inner)), b(static_cast<std::size_t>(inner * cols));
    for (std::size_t i = 0; i < a.size(); ++i) a[i] = static_cast<float>(i % 7) - 3;
    for (std::size_t i = 0; i < b.size(); ++i) b[i] = static_cast<float>(i % 5) - 2;
    coco::Workspace<coco::Host> work(on);
    const coco::Rows<coco::Host> x = work.keep(rows, inner), y = work.keep(inner, cols),
                                 z = work.keep(rows, cols);
    for (coco::Index i = 0; i < rows * inner; ++i) x.data[i] = a[static_cast<std::size_t>(i)];
    for (coco::Index i = 0; i < inner * cols; ++i) y.data[i] = b[static_cast<std::size_t>(i)];
    on.multiply(coco::CRows<coco::Host>(x), coco::Op::plain, coco::CRows<coco::Host>(y), coco::Op::plain, z);
    float worst = 0;
    for (coco::Index i = 0; i < rows; ++i)
        for (coco::Index j = 0; j < cols; ++j) {
            float sum = 0;
            for (coco::Index k = 0; k < inner; ++k) sum += x.data[i * inner + k] * y.data[k * cols + j];
            worst = std::fmax(worst, std::fabs(sum - z.data[i * z.stride + j]));
        }
    return worst;
}

}  // namespace
