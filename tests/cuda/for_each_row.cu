// SPDX-License-Identifier: Apache-2.0
// Row kernels and column sums on the device against plain loops in double, and repeated runs bit-identical.
#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include <coco/cuda/cuda.cuh>

#include "conformance/execution_policy.hpp"

using namespace coco;

TEMPLATE_TEST_CASE("for_each_row and reduce: equals the plain loop", "[for_each_row]", float, double) {
    BasicCuda<TestType> on;
    conformance::for_each_row_trials<TestType>([&](const std::string& name, const auto& trial) {
        INFO(name);
        conformance::equals_naive(on, trial, 5 * conformance::tolerance<TestType>);
    });
}

namespace {

/// Counts the calls of each member of `row` for each element of row i, which is `i % 5` elements shorter than
/// `cols`.
struct CountKernel {
    float* calls;  ///< rows x cols
    float* sums;   ///< rows x 2
    Index cols;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        float* const mine = calls + i * cols;
        const Index n = cols - i % 5;
        const float sum = row.sum(n, [mine](Index j) { return mine[j] += 1; });
        const float maximum = row.max(n, [mine](Index j) { return mine[j] += 1; });
        // Rows of one warp need not take the same path.
        if (i % 3 != 0) row.each(n, [mine](Index j) { mine[j] += 1; });
        row.each(1, [&](Index) {
            sums[2 * i] = sum;
            sums[2 * i + 1] = maximum;
        });
    }
};

}  // namespace

TEST_CASE("for_each_row: the function is called once for each element", "[for_each_row]") {
    Cuda on;
    for (const Index cols : {5, 8, 9, 31, 32, 33, 100, 3000})
        for (const Index rows : {1, 2, 7, 33}) {
            INFO(rows << " x " << cols);
            conformance::Held<Cuda> calls(on, rows, cols), sums(on, rows, 2);
            on.for_each_row(rows, cols, CountKernel{calls.out().data, sums.out().data, cols});
            std::vector<float> count, sum;
            calls.append(count);
            sums.append(sum);
            for (Index i = 0; i < rows; ++i) {
                CHECK(sum[static_cast<std::size_t>(2 * i)] == static_cast<float>(cols - i % 5));
                CHECK(sum[static_cast<std::size_t>(2 * i + 1)] == 2);
                bool right = true;
                for (Index j = 0; j < cols; ++j)
                    right = right && count[static_cast<std::size_t>(i * cols + j)] ==
                                         (j < cols - i % 5 ? (i % 3 != 0 ? 3 : 2) : 0);
                CHECK(right);
            }
        }
}

TEST_CASE("reduce: one block, many chunks, more columns than a block has", "[for_each_row]") {
    BasicCuda<double> on;
    for (const auto& [rows, cols] :
         {std::array<Index, 2>{5000, 1}, {100000, 3}, {300, 100}, {3000000, 1}, {0, 4}}) {
        INFO(rows << " x " << cols);
        const conformance::Held<BasicCuda<double>> ones(on, rows, cols, 1);
        conformance::Held<BasicCuda<double>> sums(on, 1, cols, 0.5);
        on.reduce(rows, sums.out(), conformance::ProductKernel<BasicCuda<double>>{ones.in(), ones.in()});
        std::vector<double> all;
        sums.append(all);
        CHECK(all == std::vector<double>(static_cast<std::size_t>(cols), static_cast<double>(rows) + 0.5));
    }
}
