// SPDX-License-Identifier: Apache-2.0
// Attention on the device against its definition in double, and rows with gaps between them.
#include <catch2/catch.hpp>

#include <string>

#include <coco/cuda/cuda.cuh>

#include "conformance/attention.hpp"

using namespace coco;

TEMPLATE_TEST_CASE("attend on a device: equals its definition, gradients equal difference quotients",
                   "[attend]", float, double) {
    BasicCuda<TestType> on;
    const auto check = [&](const std::string& name, const conformance::AttentionTrial<TestType>& trial) {
        INFO(name << ", dropout " << trial.dropout);
        conformance::equals_naive(on, trial, conformance::gradient_tolerance<TestType>);
    };
    conformance::attention_trials<TestType>(check);
    conformance::long_attention_trials<TestType>(check);
}

TEMPLATE_TEST_CASE("attend on a device: heads of every width, and more of them than a tile has rows",
                   "[attend]", float, double) {
    BasicCuda<TestType> on;
    conformance::AttentionTrial<TestType> t;
    t.queries = conformance::lengths({3, 9, 4});
    t.keys = conformance::lengths({3, 40, 2});
    t.prefix = 3;
    t.quotients = 6;
    t.causal = t.own = true;
    t.dropout = 0.2;
    for (const Index head : {1, 48, 96, 128, 129, 256}) {
        INFO("head " << head);
        t.head = head;
        t.heads = t.kv_heads = 1;
        conformance::equals_naive(on, t, conformance::gradient_tolerance<TestType>);
    }
    t.head = 3;
    t.heads = 42;
    t.kv_heads = 2;
    conformance::equals_naive(on, t, conformance::gradient_tolerance<TestType>);
}

TEST_CASE("attend on a device: a head width without a kernel is an error", "[attend]") {
    Cuda on;
    conformance::AttentionTrial<float> t;
    t.queries = t.keys = conformance::lengths({2});
    t.head = 257;
    CHECK_THROWS_WITH(t.run(on), Catch::Contains("narrower heads"));
}

TEST_CASE("attend on a device: many segments share a long prefix", "[attend]") {
    BasicCuda<double> on;
    conformance::AttentionTrial<double> t;
    t.queries.push(37);
    for (Index s = 0; s < 70; ++s) t.queries.push(s % 9);
    t.keys = t.queries;
    t.prefix = 37;
    t.heads = 2;
    t.causal = true;
    t.dropout = 0.1;
    t.quotients = 8;
    conformance::equals_naive(on, t, conformance::gradient_tolerance<double>);
}

TEST_CASE("attend on a device: gradients of empty views are not computed", "[attend]") {
    using P = BasicCuda<double>;
    P on;
    conformance::AttentionTrial<double> t;
    t.queries = t.keys = conformance::lengths({3, 4});
    const auto in = t.inputs();
    const conformance::Held<P> q(on, in.q), k(on, in.k), v(on, in.v), dout(on, in.dout);
    conformance::Held<P> out(on, in.q), statistics(on, 7, 1), dv(on, in.v), all_dq(on, in.q),
        all_dk(on, in.k), all_dv(on, in.v);
    Workspace<P> work(on);
    Attention<P> shape;
    shape.queries = shape.keys = conformance::segments(on, t.queries, work);
    on.attend(shape, {q.in(), k.in(), v.in(), {}, {}}, out.out(), statistics.out());
    const auto backward = [&](Rows<P> dq, Rows<P> dk, Rows<P> to) {
        on.attend_backward(shape, {q.in(), k.in(), v.in(), {}, {}}, out.in(), statistics.in(), dout.in(),
                           {dq, dk, to, {}, {}});
    };
    backward({}, {}, dv.out());
    backward(all_dq.out(), all_dk.out(), all_dv.out());
    std::vector<double> alone, together;
    dv.append(alone);
    all_dv.append(together);
    CHECK(conformance::same_bits(alone, together));
}

TEMPLATE_TEST_CASE("attend on a device: gaps behind segments are neither read nor written", "[attend]", float,
                   double) {
    using P = BasicCuda<TestType>;
    P on;
    RandomStream random(3);
    const Index heads = 2, head = 8, width = heads * head, prefix = 4;
    const std::vector<Id> dense{0, 4, 13, 13, 18}, ends{4, 15, 21, 35}, begins{0, 6, 21, 30, 40};
    // Copies row i of the dense matrices to its position among the gaps, which hold numbers that would spoil
    // results.
    const auto spread = [&](const conformance::Matrix& from) {
        conformance::Matrix to(40, width);
        for (double& x : to.at) x = conformance::unchecked;
        for (std::size_t s = 0; s < ends.size(); ++s)
            for (Index i = dense[s]; i < dense[s + 1]; ++i)
                for (Index c = 0; c < width; ++c) to(begins[s] + i - dense[s], c) = from(i, c);
        return to;
    };
    std::vector<conformance::Matrix> in;
    for (int n = 0; n < 4; ++n) in.push_back(conformance::random_matrix<TestType>(random, 18, width));
    std::vector<Id> key_dense, key_spread(40);
    for (Id i = 0; i < 18; ++i) key_dense.push_back(7 * i);
    for (std::size_t s = 0; s < ends.size(); ++s)
        for (Id i = dense[s]; i < dense[s + 1]; ++i)
            key_spread[static_cast<std::size_t>(begins[s] + i - dense[s])] = 7 * i;

    const auto results = [&](bool gaps) {
        Workspace<P> work(on);
        const std::vector<Id>& at = gaps ? begins : dense;
        Attention<P> shape;
        shape.queries = {at, on.upload(std::span<const Id>(at), work), 13, {}, {}};
        if (gaps) shape.queries.host_ends = ends;
        if (gaps) shape.queries.ends = on.upload(std::span<const Id>(ends), work);
        shape.keys = shape.queries;
        shape.heads = shape.kv_heads = heads;
        shape.causal = true;
        shape.prefix = prefix;
        shape.dropout = 0.3;
        shape.key = {4, 5, 6};
        shape.row_key = on.upload(std::span<const Id>(gaps ? key_spread : key_dense), work);
        const auto held = [&](std::size_t n) {
            return conformance::Held<P>(on, gaps ? spread(in[n]) : in[n]);
        };
        const conformance::Held<P> q = held(0), k = held(1), v = held(2), dout = held(3);
        const Index rows = gaps ? 40 : 18;
        conformance::Held<P> out(on, rows, width, 7), statistics(on, rows, heads, 7), dq(on, rows, width, 7),
            dk(on, rows, width, 7), dv(on, rows, width, 7);
        on.attend(shape, {q.in(), k.in(), v.in(), {}, {}}, out.out(), statistics.out());
        on.attend_backward(shape, {q.in(), k.in(), v.in(), {}, {}}, out.in(), statistics.in(), dout.in(),
                           {dq.out(), dk.out(), dv.out(), {}, {}});
        std::vector<TestType> all;
        for (const conformance::Held<P>* m : {&out, &dq, &dk, &dv}) {
            std::vector<TestType> every;
            m->append(every);
            for (std::size_t s = 0; s < ends.size(); ++s) {
                const Index first = at[s], count = dense[s + 1] - dense[s];
                all.insert(all.end(), every.begin() + first * width, every.begin() + (first + count) * width);
                if (!gaps) continue;
                for (Index row = first + count; row < begins[s + 1]; ++row)
                    CHECK(every[static_cast<std::size_t>(row * width)] == 7);
            }
        }
        return all;
    };
    const std::vector<TestType> wanted = results(false);
    conformance::require_close(results(true), std::vector<double>(wanted.begin(), wanted.end()),
                               conformance::tolerance<TestType>);
}

TEST_CASE("attend on a device: small sizes, for the thread sanitizer", "[attend][threads]") {
    Cuda on;
    conformance::attention_trials<float>(
        [&](const std::string& name, const conformance::AttentionTrial<float>& trial) {
            if (trial.dropout == 0) return;
            INFO(name);
            conformance::require_close(trial.run(on), trial.naive(), conformance::gradient_tolerance<float>);
        });
}
