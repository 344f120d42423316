// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <vector>

#include <coco/host/host.hpp>
#include <coco/nn/parameters.hpp>
#include <coco/store/transfer.hpp>

using namespace coco;

TEST_CASE("numbers are converted to the other scalar type, also more of them than one chunk") {
    Host here(1);
    BasicHost<double> there(1);
    const Index size = (1 << 20) + 3;
    Block<float, Host> from(here, size);
    Block<double, BasicHost<double>> to(there, size);
    for (Index i = 0; i < size; ++i) from.data()[i] = static_cast<float>(i) / 3;
    transfer(here, List<const float, space::Host>(from.list()), there, to.list());
    bool same = true;
    for (Index i = 0; i < size; ++i) same = same && to.data()[i] == static_cast<double>(from.data()[i]);
    CHECK(same);
    CHECK_THROWS_WITH(
        transfer(here, List<const float, space::Host>(from.list()), there, to.list().from(0, 5)),
        "transfer: lists of different sizes: expected 5, found 1048579");
}

TEST_CASE("parameters are transferred completely: trained, frozen, and stored ones") {
    ParameterLayout layout;
    const TensorRef dense = layout.claim("dense", 2, 3, Init::normal(1)),
                    table = layout.claim("table", 4, 3, Init::normal(1), Decay::no, ParameterBlock::table);
    const TensorRef frozen = layout.given("frozen", 1, 2, [](std::span<float> out) { out[0] = out[1] = 5; });
    layout.stored("bytes", GgmlType::Q8_0, 1, 32, [](std::span<std::byte> out) { out[3] = std::byte{7}; });
    Host here(1), there(1);
    const Parameters<Host> first(here, layout, 4);
    Parameters<Host> moved;
    {
        const Parameters<Host> gone(here, layout, 4);
        moved = Parameters<Host>(there, here, gone);
    }
    for (const TensorRef& ref : {dense, table, frozen})
        for (Index i = 0; i < ref.rows; ++i)
            for (Index j = 0; j < ref.cols; ++j)
                CHECK(std::as_const(moved).view(ref)(i, j) == first.view(ref)(i, j));
    CHECK(moved.stored().size() == layout.stored_bytes());
    CHECK(moved.stored().data()[3] == std::byte{7});
}
