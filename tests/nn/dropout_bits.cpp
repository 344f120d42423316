// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <coco/host/for_each_row.hpp>
#include <coco/nn/dropout_bits.hpp>
#include <vector>

using namespace coco;

namespace {

/// The row interface as on a device, for one thread's part of a row, without lanes.
struct PlainRow {
    template <class F>
    void each(Index n, const F& f) const {
        for (Index j = n; j-- > 0;) f(j);
    }
};

}  // namespace

TEST_CASE("dropout bits: each column's are DropoutKey's, once, for any division of a row") {
    const DropoutKey key{7, 3, 2};
    for (const Index cols : {0, 1, 7, 8, 9, 64, 127, 128, 130, 576}) {
        std::vector<int> lanes(static_cast<std::size_t>(cols), -1), plain = lanes, expected = lanes;
        for (Index j = 0; j < cols; ++j)
            expected[static_cast<std::size_t>(j)] =
                static_cast<int>((key.bits(-5, j / 8).word[j % 8 / 2] >> (16 * (j % 2))) & 0xFFFFu);
        nn::for_each_random_bits(host::Row<float>{}, key, -5, cols, [&](Index j, std::uint16_t bits) {
            lanes[static_cast<std::size_t>(j)] = bits;
        });
        nn::for_each_random_bits(PlainRow{}, key, -5, cols, [&](Index j, std::uint16_t bits) {
            plain[static_cast<std::size_t>(j)] = bits;
        });
        CHECK(lanes == expected);
        CHECK(plain == expected);
    }
}
