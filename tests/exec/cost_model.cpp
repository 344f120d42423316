// SPDX-License-Identifier: Apache-2.0
// Counts of CostModel against sums by hand. Launches are compared with a device's in tests/cuda.
#include <catch2/catch.hpp>
#include <coco/exec/cost_model.hpp>

using namespace coco;

namespace {

using P = CostModel;

Segments<P> segments(const std::vector<Id>& at) { return {at, {}, 0}; }

Rows<P> matrix(CostModel& on, Index rows, Index cols) {
    return {static_cast<float*>(on.allocate(static_cast<std::size_t>(rows * cols) * sizeof(float))), rows,
            cols};
}

/// Number of pairs of a query and a key it attends to, counted one by one by the definition of `attend`.
Index attended_pairs(const Attention<P>& shape, bool own) {
    Index pairs = 0;
    for (Index s = 0; s < shape.queries.count(); ++s) {
        const Index n = shape.queries.length(s), m = shape.keys.length(s);
        for (Index i = 0; i < n; ++i) {
            for (Index j = 0; j < m; ++j) pairs += !shape.causal || j <= m - n + i;
            pairs += (s > 0 ? shape.prefix : 0) + (own ? 1 : 0);
        }
    }
    return pairs;
}

}  // namespace

TEST_CASE("CostModel: attention takes four operations per attended pair and column") {
    const std::vector<Id> queries{0, 3, 3, 8, 10}, keys{0, 3, 5, 9, 16};
    for (const bool causal : {false, true})
        for (const Index prefix : {Index{0}, Index{3}})
            for (const bool own : {false, true}) {
                CostModel on;
                Attention<P> shape;
                shape.queries = segments(queries);
                shape.keys = segments(keys);
                shape.heads = 4;
                shape.kv_heads = 2;
                shape.causal = causal;
                shape.prefix = prefix;
                const Rows<P> q = matrix(on, 10, 32), k = matrix(on, 16, 16), none;
                const Rows<P> self = own ? matrix(on, 10, 16) : none;
                on.attend(shape, {q, k, k, self, self}, q, matrix(on, 10, 4));
                const CallCounts& c = on.counted().at("attend 4 x 8");
                CHECK(c.operations == Approx(4.0 * 32 * static_cast<double>(attended_pairs(shape, own))));
                CHECK(c.launches == 1);
                CHECK(c.bytes == 4.0 * (2 * 10 * 32 + 2 * 16 * 16 + (own ? 2 * 10 * 16 : 0) + 10 * 4));
            }
}

TEST_CASE("CostModel: products and downloads") {
    CostModel on(6, 0.25);
    const Rows<P> a = matrix(on, 5, 7), b = matrix(on, 3, 7), c = matrix(on, 5, 3);
    CHECK(on.max_owned() == 4 * (35 + 21 + 15));
    on.multiply(a, Op::plain, b, Op::transposed, c);
    on.multiply(a, Op::plain, b, Op::transposed, c, 1, 1);
    const CallCounts& product = on.counted().at("multiply 7 by 3");
    CHECK(product.calls == 2);
    CHECK(product.operations == 2 * 2 * 5 * 7 * 3);
    CHECK(product.bytes == 4 * (35 + 21 + 15 + 35 + 21 + 30));
    CHECK(on.sum().launches == 2);
    on.forget();
    CHECK(on.counted().empty());

    std::vector<float> read(8);
    on.download(List<const float, CostModel::Space>{a.data, 8}, read.data());
    CHECK(read == std::vector<float>{0, 0, 0, 1, 0, 0, 0, 1});
}
