// SPDX-License-Identifier: Apache-2.0
// Random bits on the device equal those of the host: dropout masks and negatives.
#include <catch2/catch.hpp>

#include <vector>

#include <coco/cuda/cuda.cuh>
#include <coco/nn/dropout.hpp>
#include <coco/sampling/negatives.hpp>

#include "conformance/trial.hpp"

using namespace coco;

namespace {

template <class T, class P>
std::vector<T> downloaded(P& on, const T* from, Index size) {
    std::vector<T> all(static_cast<std::size_t>(size));
    on.download(List<const T, space::Device>{from, size}, all.data());
    return all;
}

/// Draws a negative for each row in a kernel.
struct DrawNegatives {
    std::uint64_t seed, step;
    Index items;
    const Id *offsets, *excluded;
    Id* negative;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        const DrawNegatives call = *this;
        row.each(1, [=](Index) {
            call.negative[i] = sampling::draw_negative(call.seed, call.step, static_cast<std::uint64_t>(i),
                                                       call.items, call.excluded + call.offsets[i],
                                                       call.offsets[i + 1] - call.offsets[i]);
        });
    }
};

}  // namespace

TEMPLATE_TEST_CASE("random numbers on a device: dropout masks equal the host's", "[random]", float, double) {
    using P = BasicCuda<TestType>;
    P on;
    const Index rows = 40;
    std::vector<Id> row_key;
    for (Id i = 0; i < rows; ++i) row_key.push_back(1000003 * i - 5);
    for (const Index cols : {1, 7, 8, 9, 64, 130, 576, 2100})
        for (const double rate : {0.1, 0.5}) {
            ParameterLayout layout;
            const nn::Dropout dropout(layout, rate);
            Workspace<P> work(on);
            const conformance::Held<P> x(on, rows, cols, 1);
            Context<P> ctx{on, work};
            ctx.training = true;
            ctx.seed = 0x123456789ABCDEF;
            ctx.step = 77;
            const auto kept = dropout.forward(ctx, x.in(), on.upload(std::span<const Id>(row_key), work));
            const auto mask = downloaded<std::uint8_t>(on, kept.mask.data, rows * cols);
            const auto out = downloaded<TestType>(on, kept.out.data, rows * cols);
            const DropoutKey key{ctx.seed, ctx.step, dropout.site()};
            Index wrong = 0;
            for (Index i = 0; i < rows; ++i)
                for (Index j = 0; j < cols; ++j) {
                    const bool keeps =
                        DropoutKey::keeps(key.bits(row_key[static_cast<std::size_t>(i)], j / 8),
                                          static_cast<int>(j % 8), DropoutKey::threshold(rate));
                    const auto at = static_cast<std::size_t>(i * cols + j);
                    wrong += (mask[at] != 0) != keeps;
                    wrong += out[at] != (keeps ? static_cast<TestType>(1 / (1 - rate)) : 0);
                }
            INFO(cols << " columns, rate " << rate);
            CHECK(wrong == 0);
        }
}

TEST_CASE("random numbers on a device: negatives equal the host's", "[random]") {
    Cuda on;
    Workspace<Cuda> work(on);
    const Index rows = 500, items = 300;
    RandomStream random(8);
    std::vector<Id> offsets{0}, excluded, wanted;
    for (Index i = 0; i < rows; ++i) {
        for (Id item = 0; item < items; ++item)
            // Some rows exclude nothing, some all items but one.
            if (item != 7 && (i % 50 == 1 || (i % 50 != 0 && random.below(10) == 0)))
                excluded.push_back(item);
        offsets.push_back(static_cast<Id>(excluded.size()));
    }
    for (std::size_t i = 0; i < static_cast<std::size_t>(rows); ++i)
        wanted.push_back(sampling::draw_negative(5, 9, i, items, excluded.data() + offsets[i],
                                                 offsets[i + 1] - offsets[i]));
    const MutableIds<Cuda> negative = work.keep_list<Id>(rows);
    on.for_each_row(rows, 1,
                    DrawNegatives{5, 9, items, on.upload(std::span<const Id>(offsets), work).data,
                                  on.upload(std::span<const Id>(excluded), work).data, negative.data});
    CHECK(downloaded<Id>(on, negative.data, rows) == wanted);
}
